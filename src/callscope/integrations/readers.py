"""Which code reads which integration's messages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from callscope.core.integration import CallNews, Integration
from callscope.integrations import livekit_agents, livekit_sdk, pipecat, retell, vapi
from callscope.integrations.fields import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads messages: `call_ref` says of which call one is, or why it is none; `news` what it tells, if anything."""

    call_ref: Callable[[Message], str]
    news: Callable[[Message, datetime], CallNews | None]


READERS: Mapping[Integration, Reader] = {
    Integration.PIPECAT: Reader(call_ref=pipecat.call_ref, news=pipecat.news),
    Integration.LIVEKIT_SDK: Reader(call_ref=livekit_sdk.call_ref, news=livekit_sdk.news),
    Integration.LIVEKIT_AGENTS: Reader(call_ref=livekit_agents.call_ref, news=livekit_agents.news),
    Integration.VAPI: Reader(call_ref=vapi.call_ref, news=vapi.news),
    Integration.RETELL: Reader(call_ref=retell.call_ref, news=retell.news),
}

"""The forms of metrics and policies as a browser sends them."""

import httpx

from tests.support.pages import form_token_of

Fields = dict[str, str | list[str]]

JUDGED: Fields = {
    "kind": "LLM_JUDGE",
    "name": "Said goodbye",
    "outputType": "BOOLEAN",
    "llmPrompt": "Whether the agent said goodbye.",
}
FORMULA: Fields = {
    "kind": "FORMULA",
    "name": "Words per turn",
    "outputType": "NUMERIC",
    "formula": "{{word_count}} / {{turn_count}}",
}
PATTERN: Fields = {
    "kind": "PATTERN",
    "name": "Slow, then interrupted",
    "operation": "PATTERN_COUNT",
    "triggers.source": ["response_time"],
    "triggers.operator": ["GREATER_THAN"],
    "triggers.thresholdValue": ["1000"],
    "triggers.role": ["AGENT"],
    "outcome.source": "interruption",
    "outcome.operator": "EQUALS",
    "outcome.thresholdValue": "true",
    "outcome.role": "",
    "outcome.windowAfter": "20",
    "windowMode": "seconds",
}
THRESHOLD: Fields = {
    "kind": "THRESHOLD",
    "name": "Few turns",
    "source": "turn_count",
    "operator": "LESS_THAN",
    "thresholdValue": "5",
    "role": "",
    "aggregationMode": "EACH",
}
BY_KIND = {str(fields["kind"]): fields for fields in (JUDGED, FORMULA, PATTERN, THRESHOLD)}


async def post(
    browser: httpx.AsyncClient, path: str, fields: Fields, *, is_script: bool = False, **further: str | list[str]
) -> httpx.Response:
    """Send a form with the token of a page; `is_script` as the page's script does."""
    token = form_token_of((await browser.get("/calls")).text)
    headers = {"hx-request": "true"} if is_script else {}
    return await browser.post(path, data={"form_token": token, **fields, **further}, headers=headers)

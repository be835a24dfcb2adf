"""What can be wrong with a recording, each said so that whoever sent it can mend it."""

from callscope.core.errors import CallscopeError


class NotAudio(CallscopeError):
    """The content holds no sound we can read; fetching it again will not help."""

    code = "not_audio"


class DecodeFailed(CallscopeError):
    """The content is a known kind of audio, yet not one block of it decodes."""

    code = "decode_failed"


class RecordingTooLong(CallscopeError):
    """The recording is longer than this installation analyses."""

    code = "recording_too_long"

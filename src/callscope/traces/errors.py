"""Why a payload of traces cannot be taken at all."""

from callscope.core.errors import CallscopeError


class NotOtlp(CallscopeError):
    """The payload is no OTLP trace request; sending it again does not help."""

    code = "not_otlp"


class UnsupportedMedia(CallscopeError):
    """The payload's type or encoding is none that OTLP uses."""

    code = "unsupported_media_type"


class PayloadTooLarge(CallscopeError):
    """The payload inflates to more than is read."""

    code = "payload_too_large"

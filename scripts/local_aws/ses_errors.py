"""What SES refuses, under the names of its two APIs."""

from __future__ import annotations

from collections.abc import Sequence


class SesError(Exception):
    """``code`` and ``status`` are those of the v2 API, ``v1_code`` that of the Query API (always 400 but for 5xx)."""

    def __init__(self, code: str, message: str, *, v1_code: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.v1_code = v1_code or code
        self.status = status

    @classmethod
    def bad_request(cls, message: str) -> SesError:
        return cls("BadRequestException", message, v1_code="InvalidParameterValue")

    @classmethod
    def rejected(cls, message: str) -> SesError:
        return cls("MessageRejected", message)

    @classmethod
    def unverified(cls, region: str, addresses: Sequence[str]) -> SesError:
        return cls.rejected(
            "Email address is not verified. The following identities failed the check in region "
            f"{region.upper()}: {', '.join(addresses)}"
        )

    @classmethod
    def throttled(cls) -> SesError:
        return cls("TooManyRequestsException", "Maximum sending rate exceeded.", v1_code="Throttling", status=429)

    @classmethod
    def unavailable(cls) -> SesError:
        return cls(
            "InternalServiceErrorException", "an injected fault: try again", v1_code="ServiceUnavailable", status=500
        )

    @classmethod
    def no_configuration_set(cls, name: str) -> SesError:
        message = f"Configuration set <{name}> does not exist."
        return cls("NotFoundException", message, v1_code="ConfigurationSetDoesNotExist", status=404)

    @classmethod
    def no_template(cls, name: str) -> SesError:
        message = f"Template <{name}> does not exist."
        return cls("NotFoundException", message, v1_code="TemplateDoesNotExist", status=404)

    @classmethod
    def paused(cls, name: str) -> SesError:
        message = f"Sending is paused for configuration set <{name}>."
        return cls("SendingPausedException", message, v1_code="ConfigurationSetSendingPausedException")

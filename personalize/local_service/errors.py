"""What the service answers when it refuses. The names are those of the service model."""

from __future__ import annotations


class ServiceError(Exception):
    """An answer that botocore raises as the class of the same name."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class WorkFailed(Exception):
    """An import, a training or a batch job ended badly; the text becomes the resource's ``failureReason``."""


def invalid_input(message: str) -> ServiceError:
    return ServiceError("InvalidInputException", message)


def not_found(arn: str) -> ServiceError:
    return ServiceError("ResourceNotFoundException", f"Resource Arn {arn} does not exist.")


def in_use(message: str) -> ServiceError:
    return ServiceError("ResourceInUseException", message)


def already_exists(kind: str, arn: str) -> ServiceError:
    return ServiceError(
        "ResourceAlreadyExistsException", f"Another {kind} with Arn {arn} already exists. Please delete and recreate."
    )


def limit_exceeded(message: str) -> ServiceError:
    return ServiceError("LimitExceededException", message)


def not_served(operation: str) -> ServiceError:
    """501 is not retried by AWS clients: the caller hears at once that it is this stand-in that lacks something."""
    return ServiceError(
        "NotImplementedException", f"The local Personalize does not serve {operation}; it works on AWS only.", 501
    )

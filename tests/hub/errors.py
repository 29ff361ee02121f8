"""The one error of the hub: what GitHub would answer instead of doing what was asked."""

from typing import Any

DOCUMENTATION = "https://docs.github.com/rest"


class ApiError(Exception):
    """A refusal in GitHub's words; REST renders it as its error body, GraphQL as an entry of `errors`."""

    def __init__(
        self,
        status: int,
        message: str,
        errors: list[Any] | None = None,
        headers: dict[str, str] | None = None,
        documentation: str = DOCUMENTATION,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = headers or {}
        self.documentation = documentation

    def body(self) -> dict[str, Any]:
        """https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api"""
        body: dict[str, Any] = {"message": self.message}
        if self.errors is not None:
            body["errors"] = self.errors
        return body | {"documentation_url": self.documentation, "status": str(self.status)}


def not_found() -> ApiError:
    """Absent, or not to be seen by whoever asks: GitHub does not tell which."""
    return ApiError(404, "Not Found")


def invalid(resource: str, field: str, code: str, message: str | None = None) -> ApiError:
    """422 for one field; `code` is missing, missing_field, invalid, already_exists, unprocessable or custom."""
    error = {"resource": resource, "field": field, "code": code}
    return ApiError(422, "Validation Failed", [error | ({"message": message} if message else {})])

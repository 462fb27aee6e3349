"""A form that was sent: what was typed stays, and what is wrong is said beside the field."""

from http import HTTPStatus
from math import ceil
from types import TracebackType
from typing import Any, Self

from flask import Response, make_response, render_template, request
from marshmallow import ValidationError

from app.core.fields import Many, flatten
from app.core.http.problems import RETRY_AFTER_SECONDS
from app.errors import DomainError, FieldError, Invalid, Refused, Stale, TooMany, Unauthenticated, Unavailable
from app.identity.schemas import FormSchema, Secret

STATUS: dict[type[DomainError], HTTPStatus] = {
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refused: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    Stale: HTTPStatus.CONFLICT,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
CHANGED_MEANWHILE = (
    "Somebody else changed this meanwhile. Compare what you typed with what is stored now, and save again if you still"
    " want it."
)


class Form:
    """What the fields of a form hold, and what is wrong with them.

    As a context it runs what the form asks for: a domain's refusal ends the block and is kept for the page, which is
    then shown again with ``status``.
    """

    def __init__(self, schema: FormSchema | None = None, **shown: Any) -> None:
        self.schema = schema
        self.typed: dict[str, Any] = shown
        self.errors: dict[str, str] = {}
        self.message: str | None = None
        self.status = HTTPStatus.OK
        self.retry_after: float | None = None

    @classmethod
    def sent(cls, schema: FormSchema) -> Self:
        """The form of this request."""
        given = {name: _values(name, field) for name, field in schema.fields.items()}
        return cls(schema, **{name: value for name, value in given.items() if value})

    def load(self) -> dict[str, Any]:
        """The values, ready for a command. Raises `Invalid` with every wrong field."""
        given = dict(self.typed)
        self._forget_secrets()
        if self.schema is None:
            return given
        try:
            loaded: dict[str, Any] = self.schema.load(given)
        except ValidationError as error:
            raise Invalid.because(flatten(error.normalized_messages(), "body")) from error  # type: ignore[no-untyped-call]
        return loaded

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        if isinstance(error, DomainError) and type(error) in STATUS:
            self._keep(error)
            return True
        return False

    def page(self, template: str, **values: Any) -> Response:
        """The page with this form in it."""
        response = make_response(render_template(template, form=self, **values), self.status)
        if self.retry_after is not None:
            response.headers["Retry-After"] = str(ceil(self.retry_after))
        return response

    def _keep(self, error: DomainError) -> None:
        self.status = STATUS[type(error)]
        if isinstance(error, TooMany):
            self.retry_after = error.retry_after
        if isinstance(error, Unavailable):
            self.retry_after = RETRY_AFTER_SECONDS
        known = [found for found in error.errors if self._is_shown(found)]
        for found in known:
            self.errors.setdefault(str(found.path[0]), found.message)
        if isinstance(error, Stale):
            self.message = CHANGED_MEANWHILE
        elif len(known) < len(error.errors) or not known:
            self.message = error.detail

    def _is_shown(self, error: FieldError) -> bool:
        return bool(error.path) and self.schema is not None and str(error.path[0]) in self.schema.fields

    def _forget_secrets(self) -> None:
        fields = self.schema.fields if self.schema is not None else {}
        self.typed = {name: value for name, value in self.typed.items() if not isinstance(fields.get(name), Secret)}


def _values(name: str, field: object) -> Any:
    return request.form.getlist(name) if isinstance(field, Many) else request.form.get(name)

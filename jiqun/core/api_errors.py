"""Every error of the API in one shape, and that shape in its OpenAPI document."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from jiqun.errors import JiqunError, Kind, Problem


class ProblemShape(Schema):
    """One thing wrong with one piece of input."""

    code: str
    message_zh: str
    message_en: str
    remedy_zh: str
    remedy_en: str
    file: str
    sheet: str
    row: int | None
    column: str
    value: str


class ErrorShape(Schema):
    """What every answer that is not a success holds."""

    code: str
    kind: Kind
    message_zh: str
    message_en: str
    hint_zh: str
    hint_en: str
    fields: list[ProblemShape]


class OneShapeAPI(NinjaAPI):
    """An API whose document says of every operation how it refuses."""

    def __init__(self, **how: Any) -> None:
        """Make an API; see ``NinjaAPI``."""
        super().__init__(**how)
        self._written: dict[str, OpenAPISchema] = {}

    def get_openapi_schema(self, **how: Any) -> OpenAPISchema:
        """Return the document; each operation names the error's shape for 4XX and 5XX.

        It takes a second to write and says the same as long as the process runs.
        """
        asked = repr(sorted(how.items()))
        if asked not in self._written:
            self._written[asked] = self._with_errors(super().get_openapi_schema(**how))
        return self._written[asked]

    @staticmethod
    def _with_errors(found: OpenAPISchema) -> OpenAPISchema:
        shapes = found["components"].setdefault("schemas", {})
        for shape in (ProblemShape, ErrorShape):
            shapes[shape.__name__] = shape.model_json_schema(
                ref_template="#/components/schemas/{model}"
            )
        for nested in [one.pop("$defs", {}) for one in (shapes["ErrorShape"],)]:
            shapes |= {name: one for name, one in nested.items() if name not in shapes}
        answer = {
            "description": "错误 · error",
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/ErrorShape"}}
            },
        }
        for operations in found["paths"].values():
            for operation in operations.values():
                operation["responses"] |= {"4XX": answer, "5XX": answer}
        return found


def _problem(one: dict[str, Any]) -> Problem:
    where = " · ".join(str(part) for part in one["loc"])
    return Problem(
        "E-REQUEST",
        f"参数不符合要求：{one['msg']}",
        str(one["msg"]),
        remedy_zh="参见接口说明 /api/docs",
        remedy_en="see the description of the API at /api/docs",
        column=where,
        value=str(one.get("input", ""))[:200],
    )


def answer_in_one_shape(api: NinjaAPI) -> None:
    """Let ``api`` answer every refusal, its framework's own included, as an ``ErrorShape``."""

    def answer(request: HttpRequest, error: JiqunError, status: int | None = None) -> HttpResponse:
        return api.create_response(request, error.to_dict(), status=status or error.status)

    # Any: the library types what it passes as "the error, or its class"; it is always the error.
    def known(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(request, error)

    def invalid(request: HttpRequest, error: Any) -> HttpResponse:
        problems = [_problem(one) for one in error.errors]
        return answer(request, _bad_request(problems))

    def stranger(request: HttpRequest, _error: Any) -> HttpResponse:
        return answer(request, _login(), 401)

    def missing(request: HttpRequest, _error: Any) -> HttpResponse:
        return answer(request, _not_found())

    def refused(request: HttpRequest, error: Any) -> HttpResponse:
        # Without a session the check for forged forms is not what failed: nobody is logged in.
        if error.status_code == 403 and settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return answer(request, _login(), 401)
        return answer(request, _bad_request([], str(error.message)), error.status_code)

    api.add_exception_handler(JiqunError, known)
    api.add_exception_handler(ValidationError, invalid)
    api.add_exception_handler(AuthenticationError, stranger)
    api.add_exception_handler(Http404, missing)
    api.add_exception_handler(HttpError, refused)


def _bad_request(problems: list[Problem], words: str = "") -> JiqunError:
    return JiqunError(
        "E-REQUEST",
        "请求不符合接口说明" + (f"：{words}" if words else ""),
        "the request is not as the API describes it" + (f": {words}" if words else ""),
        hint_zh="逐项见 fields；接口说明在 /api/docs",
        hint_en="fields names each; the description is at /api/docs",
        fields=problems,
    )


def _login() -> JiqunError:
    return JiqunError(
        "E-LOGIN",
        "没有登录，或令牌无效、已过期",
        "not logged in, or the token is unknown or has expired",
        hint_zh="在“接口令牌”页签发新令牌，以 Authorization: Bearer 发送",
        hint_en="issue a token on the page 接口令牌 and send it as Authorization: Bearer",
        kind=Kind.FORBIDDEN,
    )


def _not_found() -> JiqunError:
    return JiqunError(
        "E-NOT-FOUND",
        "没有这个地址或对象",
        "there is no such address or object",
        hint_zh="检查地址；接口说明在 /api/docs",
        hint_en="check the address; the description is at /api/docs",
        kind=Kind.NOT_FOUND,
    )

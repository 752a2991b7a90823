"""Templates are whole: strict about their values, compiled once, and one shell around all of them."""

import pytest
from jinja2 import UndefinedError

from hireloop.notify.messages import KINDS
from hireloop.notify.rendering import translations
from hireloop.wording.languages import LANGUAGES


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("language", list(LANGUAGES))
def test_every_kind_has_its_words_in_every_language(kind: str, language: str) -> None:
    words = translations.wording(kind, language)
    assert words is translations.wording(kind, language)
    for template in words:
        with pytest.raises(UndefinedError):  # a value that is missing is an error, never a gap
            template.render({})


def test_a_kind_without_templates_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        translations.wording("unheard_of", "en")


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_page_stands_in_the_same_shell(kind: str) -> None:
    shell = translations.source("shell.mjml", kind)
    assert shell.count("<mjml") == shell.count("<mj-head>") == shell.count("</mjml>") == 1
    assert "{% include" not in shell

"""`amanat guide [TOPIC]`: short advice in plain words."""

from __future__ import annotations

from typing import Annotated

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.i18n import _
from vault.cli.invocation import invocation_of
from vault.cli.topics import TOPICS
from vault.errors import UsageError, mark

SCHEMA = JsonSchema(
    "amanat/guide/v1",
    {
        "topic": mark("the topic's name; empty for the list of topics"),
        "title": mark("its title in one line"),
        "text": mark("its paragraphs"),
        "topics": mark("the names of all topics"),
    },
)


def guide(
    context: typer.Context,
    topic: Annotated[
        str | None,
        typer.Argument(metavar="TOPIC", help=_("What to read about; without it, the list.")),
    ] = None,
) -> None:
    """Print one topic, or the list of all."""
    output = invocation_of(context).output
    if topic is None:
        if output.wants_json:
            output.json(SCHEMA.name, _content("", "", (), list(TOPICS)))
        else:
            output.table(
                [_("Topic"), _("What it is about")],
                [(name, _(chosen.title)) for name, chosen in TOPICS.items()],
            )
        return
    chosen = TOPICS.get(topic)
    if chosen is None:
        raise UsageError(
            mark("There is no topic {topic}."),
            hint=mark("These are: {known}"),
            topic=topic,
            known=", ".join(TOPICS),
        )
    paragraphs = tuple(_(paragraph) for paragraph in chosen.paragraphs)
    if output.wants_json:
        output.json(SCHEMA.name, _content(topic, _(chosen.title), paragraphs, list(TOPICS)))
    else:
        output.reading_matter((_(chosen.title), *paragraphs))


def _content(
    topic: str, title: str, paragraphs: tuple[str, ...], topics: list[str]
) -> dict[str, object]:
    return {"topic": topic, "title": title, "text": list(paragraphs), "topics": topics}


COMMAND = Command(
    summary=mark("Short advice, one topic at a time."),
    function=guide,
    examples=("amanat guide", "amanat guide start", "amanat guide passphrases"),
    schema=SCHEMA,
)

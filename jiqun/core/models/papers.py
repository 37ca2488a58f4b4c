"""A firm's shelf of documents, and what each was handed in for."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from django.conf import settings
from django.db import models

from jiqun.core.access import Viewer
from jiqun.core.visible import FirmQuerySet, VisibleQuerySet, firm_rows


class PaperQuerySet(VisibleQuerySet["Paper"]):
    """A firm sees its shelf; an official with a purpose what was handed in for a matter of the place."""

    def visible_to(self, viewer: Viewer) -> Self:
        """Return the own papers, and those handed in where the viewer is an official."""
        handed_in = models.Q(uses__isnull=False)  # who answers for every place sees no shelf either
        own = models.Q(firm__in=sorted(viewer.firms))
        return self.filter(firm_rows(viewer, place="uses__place") & (own | handed_in)).distinct()

    def of_firm(self, firm: str) -> Self:
        """Return the papers of a firm for its own verbs, which have asked who it is."""
        return self.filter(firm=firm)


class Paper(models.Model):
    """One document of a firm. It is never changed; one that was handed in for something stays.

    ``key`` is the number that people write where a document is asked for. The file lies at ``path``.
    """

    key = models.CharField(max_length=20, unique=True)
    firm = models.CharField(max_length=40, db_index=True)
    title = models.CharField(max_length=120)
    file_name = models.CharField(max_length=150)
    kind = models.CharField(max_length=10)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    valid_until = models.DateField(null=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="papers_made"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    made_by_id: int
    uses: PaperUseQuerySet
    objects = PaperQuerySet.as_manager()

    class Meta:
        """Newest first."""

        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.key} {self.title}"

    @property
    def path(self) -> Path:
        """Where the file is kept; readable by the server's own account only."""
        return Path(settings.VAR) / "papers" / self.key


class PaperUseQuerySet(FirmQuerySet["PaperUse"]):
    """Seen by those who see the paper once it is handed in."""

    firm_column = "paper__firm"


class PaperUse(models.Model):
    """A paper was handed in for a matter of a place: ``sort`` and ``target`` say which. Only ever added."""

    paper = models.ForeignKey(Paper, on_delete=models.PROTECT, related_name="uses")
    sort = models.CharField(max_length=40)
    target = models.CharField(max_length=80)
    place = models.CharField(max_length=20, db_index=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="papers_handed_in"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    paper_id: int
    objects = PaperUseQuerySet.as_manager()

    class Meta:
        """Oldest first; once for each matter."""

        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["paper", "sort", "target"], name="paper_handed_in_once")
        ]
        indexes = [models.Index(fields=["sort", "target"], name="paper_use_of")]

    def __str__(self) -> str:
        return f"{self.paper_id} {self.sort}:{self.target}"

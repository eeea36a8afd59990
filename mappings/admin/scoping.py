"""Admin pages that show a person only the rows of their own merchants.

Rights come from `Membership` alone, not from Django's model permissions: a member views, a member who may
edit settings also adds, changes and deletes; a superuser does everything. The row of another merchant does
not exist: 404 on every page, whatever the method. What is not known to be a merchant's is shown to nobody.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import ForeignKey, ManyToManyField, Model, QuerySet
from django.forms import ModelChoiceField, ModelMultipleChoiceField
from django.http import Http404, HttpRequest

from mappings.admin.base import AdminMixin, UnfoldModelAdmin, UnfoldTabularInline
from mappings.admin.rights import rights_of


class ScopedChoices(AdminMixin):
    """Limits the choices of relations to rows of merchants whose settings the person may edit."""

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        kwargs["queryset"] = self._choices(db_field, request, kwargs.get("queryset"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField[Any] | None:
        kwargs["queryset"] = self._choices(db_field, request, kwargs.get("queryset"))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def _choices(
        self,
        db_field: ForeignKey[Any, Any] | ManyToManyField[Any, Any],
        request: HttpRequest,
        queryset: QuerySet[Any] | None,
    ) -> QuerySet[Any]:
        related: type[Model] = db_field.remote_field.model
        rows = related._default_manager.all() if queryset is None else queryset
        if rights_of(request).everything:
            return rows
        related_admin = self.admin_site._registry.get(related)
        if not isinstance(related_admin, ScopedModelAdmin):
            return rows.none()
        return related_admin.only_editable(request, rows)


LONGEST_ID = 18  # digits of a 64-bit number


class ScopedModelAdmin(ScopedChoices, UnfoldModelAdmin):
    """`merchant_path` leads from the model to its merchant in query words; "" for the merchant itself."""

    merchant_path: ClassVar[str]
    actions = None  # whole selections are never changed at once: each row asks for its own right

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rights = rights_of(request)
        return self._of_merchants(
            super().get_queryset(request), None if rights.everything else rights.visible
        )

    def only_editable(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        rights = rights_of(request)
        return self._of_merchants(rows, None if rights.everything else rights.editable)

    def _of_merchants(self, rows: QuerySet[Any], merchants: frozenset[int] | None) -> QuerySet[Any]:
        if merchants is None:
            return rows
        return rows.filter(**{f"{self.merchant_path or 'pk'}__in": merchants})

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model:
        """The row, for the change, delete and history pages; Django would redirect where it is not there."""
        # No id is longer. Where the key is another row's, Django hands it to the database, which fails.
        if len(object_id) > LONGEST_ID:
            raise Http404
        obj: Model | None = super().get_object(request, object_id, from_field)
        if obj is None:
            raise Http404
        return obj

    def merchant_id_of(self, obj: Model) -> int | None:
        *steps, last = self.merchant_path.split("__") if self.merchant_path else ["pk"]
        for step in steps:
            obj = getattr(obj, step)
        merchant_id: int | None = getattr(obj, last if last == "pk" else f"{last}_id")
        return merchant_id

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        rights = rights_of(request)
        if obj is None:
            return rights.everything or bool(rights.visible)
        return rights.may_view(self.merchant_id_of(obj))

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may_edit(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may_edit(request, None)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may_edit(request, obj)

    def _may_edit(self, request: HttpRequest, obj: Model | None) -> bool:
        rights = rights_of(request)
        if obj is None:
            return rights.everything or bool(rights.editable)
        return rights.may_edit(self.merchant_id_of(obj))


class ScopedTabularInline(ScopedChoices, UnfoldTabularInline):
    """Rows of a scoped parent: the parent's rights are theirs, and every input names its column."""

    extra = 0
    hide_title = True  # the columns say it already

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._parent(obj).has_view_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._parent(obj).has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._parent(obj).has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._parent(obj).has_change_permission(request, obj)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)
        if formfield is not None and formfield.label:
            formfield.widget.attrs["aria-label"] = str(formfield.label)
        return formfield

    def _parent(self, obj: Model | None) -> ScopedModelAdmin:
        parent = self.admin_site._registry[self.parent_model]
        if not isinstance(parent, ScopedModelAdmin):
            raise TypeError(f"{type(self).__name__} hangs on {self.parent_model}, which is not scoped.")
        return parent

"""Reads of merchants, people and connections, as a person may see them."""

from __future__ import annotations

from typing import TypeGuard

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db.models import QuerySet

from mappings.models import Connection, Membership, Merchant

Person = User | AbstractBaseUser | AnonymousUser


def may_enter(user: Person) -> TypeGuard[User]:
    """Whether the person may see anything at all: logged in, not switched off, and staff.

    The one definition of it. Taking either away ends what an open session may do.
    """
    return bool(user.is_active and getattr(user, "is_staff", False))


def memberships_of(user: Person) -> QuerySet[Membership]:
    """What the person may do, one row per merchant; nothing for who may not enter."""
    if not may_enter(user):
        return Membership.objects.none()
    return Membership.objects.filter(user_id=user.pk)


def merchants_of(user: Person) -> QuerySet[Merchant]:
    """The merchants whose data the person may see; every one for a superuser."""
    if sees_all(user):
        return Merchant.objects.all()
    return Merchant.objects.filter(pk__in=memberships_of(user).values("merchant_id"))


def merchants_editable_by(user: Person) -> QuerySet[Merchant]:
    """The merchants whose settings the person may change."""
    if sees_all(user):
        return Merchant.objects.all()
    rights = memberships_of(user).filter(can_edit_settings=True)
    return Merchant.objects.filter(pk__in=rights.values("merchant_id"))


def connections_of(user: Person) -> QuerySet[Connection]:
    """The connections the person may see. The key stays in the database until someone asks for it."""
    return (
        Connection.objects.filter(merchant__in=merchants_of(user)).select_related("merchant").defer("api_key")
    )


def may_edit_settings(user: Person, merchant_id: int) -> bool:
    """Whether the person may change this merchant's credentials, settings and mappings."""
    return merchants_editable_by(user).filter(pk=merchant_id).exists()


def may_resend(user: Person, merchant_id: int) -> bool:
    """Whether the person may send a replication of this merchant again."""
    if sees_all(user):
        return True
    return memberships_of(user).filter(merchant_id=merchant_id, can_resend=True).exists()


def sees_all(user: Person) -> bool:
    return may_enter(user) and bool(getattr(user, "is_superuser", False))

"""What the engine may ask of the CRM, in our words; each protocol is one adapter behind it.

Raises: every method raises a `crm.errors.CrmError`; a look-up that failed raises, one that found
        nothing returns an empty list; NotSupported where the protocol has no such call.
        Nothing below this contract sends a request twice.
Repeat: stated per method. What is not safe to repeat is probed by the caller first.
Ids:    one and the same over every protocol, so what one began another may go on with.

What can go wrong, and what the engine does then:

CrmError                    message (for the merchant), detail (for us)
├─ TransientError           surely not applied; later may succeed       → retry on the schedule
│  ├─ NotSent               DNS, refused, TLS, our own refusal to send  → repeat freely
│  │  └─ HeldBack           our own quota ledger said no                → wait as told, costs no attempt
│  │     └─ OutOfService    our circuit breaker is open                 → the same, until the next probe
│  ├─ NotWholeYet           the CRM shows only a part of a record       → look again, never "not found"
│  └─ Throttled             429, throttling fault, quota                → wait as told, costs no attempt
├─ OutcomeUnknown           may have been applied                       → probe before anything else
├─ PermanentError           the same input will fail again              → stop and show
│  ├─ CardCharged           a real card was charged, never asked for    → pauses the whole connection
│  └─ CrmRejected           the CRM refused the data
│     └─ ExceedsAmountDue   the payment is more than is still due       → read the payments back
└─ ConfigurationError       a person must change a setting              → stop and name the setting
   ├─ CredentialsRejected   401, 403, key fault                         → pauses the whole connection
   ├─ NotSupported          this protocol has no such call
   └─ MissingInCrm          deleted tag, unknown field, gone record
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from crm.list_records import (
    CustomField,
    DirectoryKind,
    DirectoryPage,
    FieldObject,
)
from crm.object_records import (
    CompanyData,
    CompanyRecord,
    NoteData,
    NoteRecord,
    OpportunityData,
    OpportunityRecord,
    StageMove,
    TaskData,
    TaskRecord,
)
from crm.records import (
    ActionResult,
    AffiliateRecord,
    AppIdentity,
    AppointmentChanges,
    AppointmentData,
    AppointmentRecord,
    CartOrder,
    CategoryRecord,
    ContactData,
    ContactRecord,
    CreatedOrder,
    DuplicateCheck,
    GoalResult,
    Invoice,
    LeadSourceRecord,
    Line,
    LineRecord,
    MerchantMode,
    Money,
    OrderHead,
    OrderRecord,
    OrderRef,
    Payment,
    PaymentRecord,
    ProductRecord,
    TagRecord,
)
from crm.values import Value


class FieldCache(Protocol):
    """What an adapter may ask instead of the CRM: lists somebody keeps for the connection."""

    def custom_fields(self, of: FieldObject) -> list[CustomField] | None:
        """The fields as last read, or None if nobody has read them."""
        ...

    def remember_custom_fields(self, of: FieldObject, fields: Sequence[CustomField]) -> None: ...


class Crm(Protocol):
    # -- the account ---------------------------------------------------------------------------------
    def probe_credentials(self) -> AppIdentity:
        """Read something small that needs a valid key. Raises CredentialsRejected if it is not valid."""
        ...

    def probe_ecommerce(self) -> bool:
        """Whether the key reaches the account's orders: false without the e-commerce component or the right.

        Every other error raises, as it says nothing about the account.
        """
        ...

    def list_payment_types(self) -> list[str]:
        """The manual payment types the account offers. Raises NotSupported where the API lists none."""
        ...

    def read_merchant_mode(self) -> MerchantMode:
        """Whether the default merchant account could charge a card. REST alone can tell."""
        ...

    def read_currency(self) -> str:
        """The account's currency, three capitals. REST alone can tell."""
        ...

    def read_time_zone(self) -> str:
        """The IANA name of the account's time zone. REST alone can tell."""
        ...

    # -- the account's lists -------------------------------------------------------------------------
    def list_directory(self, kind: DirectoryKind, page: str = "") -> DirectoryPage:
        """One page of a list of the account; "" is the first. Raises NotSupported where there is none."""
        ...

    def list_custom_fields(self, of: FieldObject) -> list[CustomField]:
        """The custom fields of an object, lowest id first."""
        ...

    # -- contacts ------------------------------------------------------------------------------------
    def upsert_contact(self, data: ContactData, check: DuplicateCheck) -> int:
        """Add the contact, or update the one the check finds; the contact's id.

        Repeat: not always safe (with the company check each repeat may add one): probe by e-mail.
        """
        ...

    def create_contact(self, data: ContactData) -> int:
        """Add a contact beside whoever has the address already; its id.

        Repeat: not safe: probe by e-mail and by when contacts were made.
        """
        ...

    def update_contact(self, contact_id: int, data: ContactData) -> None:
        """Write the non-blank values. Repeat: safe. Raises MissingInCrm if the contact is gone."""
        ...

    def find_contacts_by_email(self, email: str) -> list[ContactRecord]:
        """Contacts that carry the address in any e-mail column, lowest id first."""
        ...

    def read_contact(self, contact_id: int, fields: Sequence[str] = ()) -> ContactRecord:
        """One contact whole, with these custom fields. Raises MissingInCrm if it, or a field, is gone."""
        ...

    def opt_in(self, email: str, reason: str) -> bool:
        """Make the address marketable; whether it is now, as one that opted out stays out. Repeat: safe."""
        ...

    def add_note(self, contact_id: int, title: str, text: str) -> int:
        """Put a note on the contact; its id. `title` is not blank.

        Repeat: not safe: look with `find_notes` first.
        Raises MissingInCrm if the CRM says the contact is gone.
        """
        ...

    def find_notes(self, contact_id: int, title: str) -> list[int]:
        """Ids of the contact's notes whose title equals `title` exactly (compared on our side), lowest first.

        Raises MissingInCrm if the CRM says the contact is gone; XML-RPC finds nothing then.
        """
        ...

    def create_note(self, contact_id: int, note: NoteData) -> int:
        """Put a note on the contact; its id. Repeat: not safe: look with `list_notes` first."""
        ...

    def update_note(self, contact_id: int, note_id: int, note: NoteData) -> None:
        """Write what is given over the note. Repeat: safe. Raises MissingInCrm if it is gone."""
        ...

    def list_notes(self, contact_id: int) -> list[NoteRecord]:
        """The contact's notes, lowest id first; not their custom fields.

        Raises MissingInCrm if the CRM says the contact is gone; XML-RPC finds nothing then.
        """
        ...

    def read_note(self, contact_id: int, note_id: int, fields: Sequence[str] = ()) -> NoteRecord:
        """One note, with these custom fields. Raises MissingInCrm if it, or a field, is gone."""
        ...

    # -- tasks ---------------------------------------------------------------------------------------
    def create_task(self, task: TaskData) -> int:
        """Create a task, of a contact or of none; its id. Repeat: not safe: look with `list_tasks` first."""
        ...

    def update_task(self, task_id: int, task: TaskData) -> None:
        """Write what is given over the task. Repeat: safe. Raises MissingInCrm if it is gone."""
        ...

    def list_tasks(self, contact_id: int) -> list[TaskRecord]:
        """The contact's tasks, done ones too, lowest id first; not their custom fields."""
        ...

    def find_tasks(self, title: str) -> list[TaskRecord]:
        """Tasks, whoever's, whose title equals `title` exactly (compared on our side), lowest id first."""
        ...

    def read_task(self, task_id: int, fields: Sequence[str] = ()) -> TaskRecord:
        """One task, with these custom fields. Raises MissingInCrm if it, or a field, is gone."""
        ...

    # -- companies -----------------------------------------------------------------------------------
    def find_companies(self, name: str) -> list[CompanyRecord]:
        """Companies called so, case ignored, or where there is none those that begin with its first word.

        Which of these is meant the caller compares; notes and custom fields are not told.
        """
        ...

    def create_company(self, company: CompanyData) -> int:
        """Create a company; its id. Repeat: not safe: look with `find_companies` first."""
        ...

    def update_company(self, company_id: int, company: CompanyData) -> None:
        """Write what is given over the company. Repeat: safe. Raises MissingInCrm if it is gone."""
        ...

    def read_company(self, company_id: int, fields: Sequence[str] = ()) -> CompanyRecord:
        """One company whole, with these custom fields. Raises MissingInCrm if it, or a field, is gone."""
        ...

    def apply_company_tag(self, company_id: int, tag_id: int) -> None:
        """Tag the company. Repeat: safe. Raises MissingInCrm if the company or the tag is gone."""
        ...

    def list_company_tags(self, company_id: int) -> list[int]:
        """Ids of the tags that the company has, lowest first. Raises MissingInCrm if it is gone."""
        ...

    # -- opportunities -------------------------------------------------------------------------------
    def create_opportunity(self, opportunity: OpportunityData) -> int:
        """Create an opportunity; its id. Repeat: not safe: look with `list_opportunities` first."""
        ...

    def update_opportunity(self, opportunity_id: int, opportunity: OpportunityData) -> None:
        """Write what is given over the opportunity. Repeat: safe. Raises MissingInCrm if it is gone."""
        ...

    def list_opportunities(self, contact_id: int) -> list[OpportunityRecord]:
        """The contact's opportunities, lowest id first; not their custom fields."""
        ...

    def read_opportunity(self, opportunity_id: int, fields: Sequence[str] = ()) -> OpportunityRecord:
        """One opportunity, with these custom fields. Raises MissingInCrm if it, or a field, is gone."""
        ...

    def list_stage_moves(self, opportunity_id: int) -> list[StageMove]:
        """How the opportunity went through the stages, lowest id first."""
        ...

    # -- appointments --------------------------------------------------------------------------------
    def create_appointment(self, data: AppointmentData) -> int:
        """Put an appointment on the contact; its id.

        Repeat: not safe: look with `find_appointments` first.
        Raises: NotSupported where the account has no appointments over this protocol; MissingInCrm for an
                unknown custom field.
        """
        ...

    def update_appointment(self, appointment_id: int, changes: AppointmentChanges) -> None:
        """Write what is given over the appointment. Repeat: safe. Raises MissingInCrm if it is gone."""
        ...

    def read_appointment(self, appointment_id: int) -> AppointmentRecord:
        """One appointment. Raises MissingInCrm if it is gone, NotSupported if the key may not see it."""
        ...

    def find_appointments(self, contact_id: int, since: datetime, until: datetime) -> list[AppointmentRecord]:
        """The contact's appointments that begin from `since` to `until`, both included, lowest id first.

        None found is proof only where `sees_all_appointments`: over REST a key may see its own user's alone.
        """
        ...

    def sees_all_appointments(self) -> bool:
        """Whether the appointments of all users are surely visible; false where it cannot be shown."""
        ...

    def delete_appointment(self, appointment_id: int) -> None:
        """Delete the appointment; one that is gone is done. Repeat: safe."""
        ...

    def complete_appointment(self, appointment_id: int, at: datetime) -> None:
        """Mark the appointment as done at that time. XML-RPC alone can. Repeat: safe.

        Raises MissingInCrm if it is gone.
        """
        ...

    # -- tags ----------------------------------------------------------------------------------------
    def apply_tags(self, contact_id: int, tag_ids: Sequence[int]) -> dict[int, bool]:
        """Tag the contact with as many of the tags as one call can; those applied, with whether it changed.

        At least the first is applied. Repeat: safe. Raises MissingInCrm if the contact or a tag is gone.
        """
        ...

    def remove_tag(self, contact_id: int, tag_id: int) -> bool:
        """Untag the contact. Repeat: safe."""
        ...

    def find_tags(self, name: str) -> list[TagRecord]:
        """Tags whose name equals `name` exactly (compared on our side), lowest id first."""
        ...

    def load_tags(self, tag_ids: Sequence[int]) -> list[TagRecord]:
        """Those of the given tags that exist."""
        ...

    def create_tag(self, name: str, category_id: int = 0) -> int:
        """Create a tag, in a category unless that is 0; its id. Repeat: not safe: look it up first."""
        ...

    def rename_tag(self, tag_id: int, name: str) -> None:
        """Give the tag another name; whoever has it keeps it. Repeat: safe.

        Raises MissingInCrm if the tag is gone.
        """
        ...

    def delete_tag(self, tag_id: int) -> None:
        """Delete the tag; one that is gone is done. REST alone can. Repeat: safe."""
        ...

    def list_contact_tags(self, contact_id: int) -> list[int]:
        """Ids of the tags that the contact has, lowest first. Raises MissingInCrm if it is gone."""
        ...

    def find_tag_categories(self, name: str) -> list[CategoryRecord]:
        """Categories of tags whose name equals `name` exactly, lowest id first."""
        ...

    def create_tag_category(self, name: str) -> int:
        """Create a category of tags; its id. Repeat: not safe: look it up first."""
        ...

    # -- what starts something in the CRM: neither safe to repeat nor to be probed --------------------
    def run_action_set(self, contact_id: int, action_set_id: int) -> list[ActionResult]:
        """Run an action set on the contact. XML-RPC alone has it. Repeat: not safe, and nothing shows it."""
        ...

    def achieve_goal(self, contact_id: int, integration: str, call_name: str) -> list[GoalResult]:
        """Achieve the goals of that name. Repeat: not safe, and nothing shows it."""
        ...

    # -- lead sources, referral partners ---------------------------------------------------------------
    def find_lead_sources(self, name: str) -> list[LeadSourceRecord]:
        """Lead sources whose name equals `name` exactly, lowest id first."""
        ...

    def create_lead_source(self, name: str, category_id: int = 0) -> int:
        """Create a lead source, in a category unless that is 0; its id. Repeat: not safe: look it up."""
        ...

    def find_lead_source_categories(self, name: str) -> list[CategoryRecord]:
        """Categories of lead sources whose name equals `name` exactly, lowest id first."""
        ...

    def create_lead_source_category(self, name: str) -> int:
        """Create a category of lead sources; its id. Repeat: not safe: look it up first."""
        ...

    def find_affiliates(self, code: str) -> list[AffiliateRecord]:
        """Referral partners of that code (case ignored, as in the CRM), lowest id first."""
        ...

    def affiliate_exists(self, affiliate_id: int) -> bool:
        """Whether the account has a referral partner of that id."""
        ...

    def create_affiliate(self, contact_id: int, code: str, name: str) -> int:
        """Make the contact a referral partner; the partner's id. Repeat: not safe: look the code up first."""
        ...

    # -- products ------------------------------------------------------------------------------------
    def find_products(self, name: str) -> list[ProductRecord]:
        """Products whose name equals `name` exactly (case too), active ones first, then lowest id."""
        ...

    def find_products_by_sku(self, sku: str) -> list[ProductRecord]:
        """Products whose SKU equals `sku` exactly (case too), active ones first, then lowest id."""
        ...

    def create_product(self, name: str, sku: str, price: Money) -> int:
        """Create an active product; its id. Repeat: not safe: look it up first."""
        ...

    def load_products(self, product_ids: Sequence[int]) -> list[ProductRecord]:
        """Those of the given products that exist."""
        ...

    # -- orders --------------------------------------------------------------------------------------
    def create_order(
        self,
        head: OrderHead,
        lines: Sequence[Line] = (),
        *,
        fields: Mapping[str, str] | None = None,
        notes: str = "",
    ) -> CreatedOrder:
        """Create an order, with its lines, custom fields and notes where the protocol takes them along.

        Repeat: not safe: probe with `find_orders` by the title, then `read_lines`.
        """
        ...

    def place_order(self, order: CartOrder) -> CreatedOrder:
        """Have the CRM make the order from its catalogue; no card is charged.

        Repeat: not safe: probe with `find_orders`, or where the title did not go along `list_orders`.
        Raises NotSupported if specials are wanted where the protocol has none.
        """
        ...

    def find_orders(self, title: str, *, contact_id: int = 0) -> list[OrderRecord]:
        """Orders whose title equals `title` exactly (compared on our side), lowest id first.

        `contact_id` is the contact it was made for: a help where the title cannot be searched for surely.
        """
        ...

    def list_orders(self, contact_id: int, since: datetime) -> list[OrderRecord]:
        """The contact's orders created at or after `since`, lowest id first."""
        ...

    def order_ids(self, contact_id: int) -> list[int]:
        """Ids of all orders of the contact, whoever made them, lowest first."""
        ...

    def move_order(self, order: OrderRef, contact_id: int) -> bool:
        """Give the order to another contact; whether its invoice went along. Repeat: safe."""
        ...

    def add_line(self, order: OrderRef, line: Line) -> None:
        """Add one line. Repeat: not safe: probe with `read_lines`."""
        ...

    def read_lines(self, order: OrderRef) -> list[LineRecord]: ...

    def record_payment(self, order: OrderRef, payment: Payment) -> None:
        """Record money received elsewhere; charges nothing. Repeat: not safe: probe `read_payments`."""
        ...

    def read_payments(self, order: OrderRef) -> list[PaymentRecord]: ...

    def read_invoice(self, order: OrderRef) -> Invoice:
        """Total, paid and due as the CRM sees them, with the order id. Raises MissingInCrm if gone."""
        ...

    def set_order_fields(
        self,
        order: OrderRef,
        values: Mapping[str, str],
        *,
        notes: str | None = None,
        title: str | None = None,
        placed_at: datetime | None = None,
    ) -> None:
        """Write order custom fields (underscore names), notes, title and date by absolute value.

        Repeat: safe.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class RawAnswer:
    """What a report's call answered, in the CRM's words; `server_time` is the CRM's clock at the answer."""

    value: Value
    server_time: datetime | None = None
    next_page: str = ""


class TableReader(Protocol):
    """What XML-RPC has for reports, in the CRM's own words. Every call only reads, so a repeat is safe."""

    def query_table(
        self,
        table: str,
        where: Mapping[str, Any],
        columns: Sequence[str],
        *,
        limit: int,
        page: int = 0,
        order_by: str = "",
    ) -> RawAnswer:
        """Rows of a table for which every condition holds; pages count from 0, null columns are left out."""
        ...

    def count_table(self, table: str, where: Mapping[str, Any]) -> RawAnswer: ...

    def call_method(self, method: str, params: Sequence[Any]) -> RawAnswer: ...


class ResourceReader(Protocol):
    """What REST has for reports, in the API's own words. Every call only reads, so a repeat is safe."""

    def read_resource(
        self,
        route: str,
        *,
        at: Sequence[int | str] = (),
        query: Mapping[str, str | int] | None = None,
    ) -> RawAnswer:
        """What a route such as `GET /v2/orders/{order_id}` answers, its {parts} taken from `at`."""
        ...

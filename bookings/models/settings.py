"""What a merchant sets for one booking source: the five steps of the connector, hosts, owners of pages.

They belong to the source, not to the connection. A booking source is one account at a booking platform:
its event types, pages, hosts and form are its own, and two of them in one CRM may well be told apart by
contact type or tags. What both write to the CRM alike, the lifecycle tags, meets there by its names.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models

from bookings.booking_fields import validate_booking_field
from bookings.phases import DEFAULT_TAGS, Phase
from intake.models import Source

LONGEST_TAG = 200
# A booking's id and the words around it must fit behind a phase's name.
LONGEST_PHASE_TAG = 120


def _tag(phase: Phase, label: str, help_text: str = "", *, blank: bool = False) -> models.CharField[str, str]:
    return models.CharField(
        label, max_length=LONGEST_PHASE_TAG, default=DEFAULT_TAGS[phase], blank=blank, help_text=help_text
    )


class BookingSettings(models.Model):
    """One row for each booking source; without one, everything is as its defaults say."""

    class Found(models.TextChoices):
        """What becomes of a contact that is there already."""

        FILL = "fill", "Fill in what is empty"
        OVERWRITE = "overwrite", "Overwrite with the booking's data"
        KEEP = "keep", "Leave the contact as it is: appointment and tags only"

    class FoundByAddress(models.TextChoices):
        FILL = "fill", "Fill in what is empty"
        OVERWRITE = "overwrite", "Overwrite with the booking's data"
        KEEP = "keep", "Leave the contact as it is: appointment and tags only"
        NEW = "new", "Create a new record"

    class KnownOwner(models.TextChoices):
        KEEP = "keep", "Keep the owner"
        HOST = "host", "The host, or the booking page's user"

    class NewOwner(models.TextChoices):
        HOST = "host", "The host, or the booking page's user"
        FIXED = "fixed", "Always the same user"
        NONE = "none", "Nobody"

    class Priority(models.IntegerChoices):
        """The CRM's numbers."""

        CRITICAL = 1, "Critical"
        ESSENTIAL = 2, "Essential"
        NON_ESSENTIAL = 3, "Non-Essential"

    class BookingTags(models.TextChoices):
        ONE = "one", "One tag for each booking, renamed with its phase"
        EACH_PHASE = "each_phase", "A tag for each booking and phase, as OnceHub does"
        NONE = "none", "None"

    class UnknownActor(models.TextChoices):
        NEUTRAL = "neutral", "The tag for “who is not known”"
        CUSTOMER = "customer", "Take it that the customer did"

    class Suspected(models.TextChoices):
        WARN = "warn", "Warn in the log"
        NO_SHOW = "no_show", "Take it for a no-show"

    class Withdrawn(models.TextChoices):
        PREFIX = "prefix", "Keep it, with CANCELED: before its title"
        DELETE = "delete", "Delete it"

    class NoAppointments(models.TextChoices):
        PARK = "park", "Park the booking"
        TASK = "task", "Create a task instead"

    class MinutesBefore(models.IntegerChoices):
        """Minutes; REST takes no others."""

        NONE = 0, "None"
        FIVE = 5, "5 minutes before"
        TEN = 10, "10 minutes before"
        FIFTEEN = 15, "15 minutes before"
        HALF_HOUR = 30, "30 minutes before"
        HOUR = 60, "1 hour before"
        TWO_HOURS = 120, "2 hours before"
        FOUR_HOURS = 240, "4 hours before"
        EIGHT_HOURS = 480, "8 hours before"
        DAY = 1440, "1 day before"
        TWO_DAYS = 2880, "2 days before"

    source = models.OneToOneField(
        Source, on_delete=models.CASCADE, primary_key=True, related_name="booking_settings"
    )

    # -- Creation
    create_contacts = models.BooleanField(
        "Create contacts",
        default=True,
        help_text="A customer whom the CRM does not have becomes a contact. Off, such a booking is only "
        "logged.",
    )
    new_owner = models.CharField(
        "Owner of a new contact", max_length=5, choices=NewOwner, default=NewOwner.HOST
    )
    new_owner_id = models.PositiveIntegerField(
        "That user",
        null=True,
        blank=True,
        help_text="Only for “Always the same user”: the User ID.",
    )
    found_by_email = models.CharField(
        "Contact found by e-mail",
        max_length=9,
        choices=FoundByAddress,
        default=FoundByAddress.FILL,
        help_text="“Create a new record” makes duplicates: with it, each booking of a known address becomes "
        "one more contact.",
    )
    owner_by_email = models.CharField("Its owner", max_length=4, choices=KnownOwner, default=KnownOwner.KEEP)
    found_by_id = models.CharField(
        "Contact known by its link",
        max_length=9,
        choices=Found,
        default=Found.FILL,
        help_text="The customer came by a personalised link, and the link's key or the typed e-mail is that "
        "contact's.",
    )
    owner_by_id = models.CharField("Its owner", max_length=4, choices=KnownOwner, default=KnownOwner.KEEP)
    guests_as_contacts = models.BooleanField(
        "Guests become contacts",
        default=False,
        help_text="Without lifecycle tags. Off, guests are listed in the appointment's notes.",
    )
    all_hosts = models.BooleanField(
        "All hosts",
        default=False,
        help_text="Take the bookings of every host, connected or not. Off, those of hosts who are not "
        "connected are stored and skipped, and can be sent once the host is.",
    )

    # -- Classification
    contact_type = models.CharField(
        "Contact type",
        max_length=60,
        default="Prospect",
        blank=True,
        help_text="Of new contacts. One of the types of your CRM; blank: none.",
    )
    action_type = models.CharField(
        "Appointment type",
        max_length=60,
        default="Call",
        blank=True,
        help_text="The action type of the appointment. Over XML-RPC alone.",
    )
    priority = models.PositiveSmallIntegerField(
        "Priority",
        choices=Priority,
        default=Priority.NON_ESSENTIAL,
        help_text="Of the appointment. Over XML-RPC alone.",
    )
    lead_sources = models.BooleanField(
        "Lead source",
        default=True,
        help_text="New contacts get the path of the booking as their lead source: Master page > Event type > "
        "Booking page. It is created where the CRM does not have it.",
    )
    lead_source_category = models.CharField(
        "Category of lead sources",
        max_length=60,
        blank=True,
        help_text="Blank: the name of the booking platform, such as OnceHub.",
    )
    reminder_minutes = models.PositiveSmallIntegerField(
        "Reminder",
        choices=MinutesBefore,
        default=MinutesBefore.NONE,
        help_text="When the CRM reminds the appointment's user. An appointment without a user has none.",
    )
    cancelled_appointments = models.CharField(
        "Appointment of a cancelled booking", max_length=6, choices=Withdrawn, default=Withdrawn.PREFIX
    )
    recreate_appointments = models.BooleanField(
        "Create a deleted appointment again",
        default=False,
        help_text="When somebody deleted the appointment in the CRM and the booking changes. Off, the log "
        "warns.",
    )
    without_appointments = models.CharField(
        "Accounts without appointments",
        max_length=4,
        choices=NoAppointments,
        default=NoAppointments.PARK,
        help_text="Over REST some accounts refuse appointments.",
    )

    # -- Tagging
    generic_tags = models.BooleanField(
        "Generic lifecycle tag",
        default=True,
        help_text="Each contact has exactly one: that of its latest booking news. It is taken off and given "
        "anew at each change, so that a campaign's goal is met again.",
    )
    booking_tags = models.CharField(
        "Tag of the single booking",
        max_length=10,
        choices=BookingTags,
        default=BookingTags.ONE,
        help_text="The same words with the booking's id behind: Scheduled (Booking ID: BKNG-…).",
    )
    booking_tag_days = models.PositiveSmallIntegerField(
        "Delete the tag of a booking after",
        default=0,
        validators=[MaxValueValidator(3650)],
        help_text="Days after its end; 0: never. Over REST alone.",
    )
    tag_category = models.CharField(
        "Tag category",
        max_length=60,
        default="Bookings",
        help_text="Lifecycle tags are made in this category.",
    )
    requested_tag = _tag(
        Phase.REQUESTED, "Booking requested", "Waits for the owner's consent. Blank: no tag.", blank=True
    )
    scheduled_tag = _tag(Phase.SCHEDULED, "Booking created", "Also a request that was approved.")
    scheduled_reassigned_tag = _tag(Phase.SCHEDULED_REASSIGNED, "Scheduled booking reassigned")
    rescheduled_by_customer_tag = _tag(Phase.RESCHEDULED_BY_CUSTOMER, "Customer reschedules")
    rescheduled_by_owner_tag = _tag(Phase.RESCHEDULED_BY_OWNER, "Customer re-books at the owner's request")
    rescheduled_reassigned_tag = _tag(Phase.RESCHEDULED_REASSIGNED, "Rescheduled booking reassigned")
    reschedule_requested_tag = _tag(Phase.RESCHEDULE_REQUESTED, "Owner cancels and asks to reschedule")
    canceled_by_customer_tag = _tag(Phase.CANCELED_BY_CUSTOMER, "Customer cancels")
    canceled_by_owner_tag = _tag(
        Phase.CANCELED_BY_OWNER, "Owner cancels", "Also a request that was rejected."
    )
    canceled_tag = _tag(
        Phase.CANCELED, "Cancelled, who is not known", "Acuity and Cal.com do not always say."
    )
    completed_tag = _tag(Phase.COMPLETED, "Took place at its time")
    no_show_tag = _tag(Phase.NO_SHOW, "Marked as no-show")
    unknown_actor = models.CharField(
        "If it is not known who cancelled",
        max_length=8,
        choices=UnknownActor,
        default=UnknownActor.NEUTRAL,
    )
    suspected_no_show = models.CharField(
        "No-show suspected by a machine",
        max_length=7,
        choices=Suspected,
        default=Suspected.WARN,
        help_text="Cal Video tells that a guest never joined. A host who never joined is no customer's "
        "no-show.",
    )
    grace_minutes = models.PositiveSmallIntegerField(
        "Completed waits",
        default=0,
        validators=[MaxValueValidator(10080)],
        help_text="Minutes after the end. With 120, hosts have two hours to mark a no-show before a campaign "
        "takes the booking for completed.",
    )

    # -- Mapping
    day_first = models.BooleanField(
        "Dates are dd/mm/yyyy",
        default=False,
        help_text="How dates in the answers of your form are written. Off: mm/dd/yyyy.",
    )

    # -- Tracking
    link_key_field = models.CharField(
        "Field of the booking key",
        max_length=100,
        default="_BookingKey",
        blank=True,
        validators=[RegexValidator(r"^_\w+$", "An underscore, then the field's exact name: _BookingKey.")],
        help_text="A text field of contacts that personalised links carry. Without it a link is believed "
        "only if the typed e-mail is that contact's.",
    )
    checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    check_result = models.JSONField(default=list, blank=True, editable=False)

    class Meta:
        verbose_name = "settings of bookings"
        verbose_name_plural = "settings of bookings"

    def __str__(self) -> str:
        return f"Bookings of {self.source.name}"

    def clean(self) -> None:
        if self.new_owner == self.NewOwner.FIXED and not self.new_owner_id:
            raise ValidationError({"new_owner_id": "Choose the user who is to own new contacts."})
        seen: dict[str, str] = {}
        for phase in Phase:
            name = self.phase_tag(phase).strip()
            if name and name.casefold() in seen:
                raise ValidationError(
                    {
                        f"{phase}_tag": f"“{name}” is the tag of another phase already: a campaign could not "
                        "tell the two apart."
                    }
                )
            seen[name.casefold()] = phase

    def phase_tag(self, phase: Phase) -> str:
        name: str = getattr(self, f"{phase}_tag")
        return name


class BookingFieldMapping(models.Model):
    """A value of the booking goes to a field of the contact or of the appointment.

    Rows without an event type are the account's; those of an event type come before them, field by field.
    """

    class Target(models.TextChoices):
        CONTACT = "contact", "Contact"
        APPOINTMENT = "appointment", "Appointment"

    settings = models.ForeignKey(BookingSettings, on_delete=models.CASCADE, related_name="booking_fields")
    event_type = models.CharField(
        "Event type",
        max_length=200,
        blank=True,
        help_text="Its name or id; blank: for all that have no row of their own.",
    )
    booking_field = models.CharField("Booking field", max_length=200, validators=[validate_booking_field])
    target = models.CharField("Of the", max_length=11, choices=Target, default=Target.CONTACT)
    crm_field = models.CharField("CRM field", max_length=100)

    class Meta:
        verbose_name = "booking field"
        ordering = ["event_type", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["settings", "event_type", "target", "crm_field"], name="one_booking_value_per_field"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.booking_field} → {self.target} {self.crm_field}"


class BookingTag(models.Model):
    """A tag of the merchant's own, given when a booking of that page or event type comes to the phase."""

    class Level(models.TextChoices):
        ANY = "any", "Every booking"
        BOOKING_PAGE = "booking_page", "Booking page"
        EVENT_TYPE = "event_type", "Event type"
        MASTER_PAGE = "master_page", "Master page"

    settings = models.ForeignKey(BookingSettings, on_delete=models.CASCADE, related_name="own_tags")
    phase = models.CharField("Phase", max_length=30, choices=Phase, default=Phase.SCHEDULED)
    level = models.CharField("Of the", max_length=12, choices=Level, default=Level.EVENT_TYPE)
    value = models.CharField("Name or id", max_length=200, blank=True)
    tag_name = models.CharField("Contact tag", max_length=LONGEST_TAG)
    take_off = models.BooleanField(
        "Take off", default=False, help_text="Take it off when the booking leaves the phase."
    )

    class Meta:
        verbose_name = "own tag"
        ordering = ["phase", "level", "value", "tag_name"]
        constraints = [
            models.UniqueConstraint(
                fields=["settings", "phase", "level", "value", "tag_name"], name="own_tag_once_per_phase"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_phase_display()}: {self.tag_name}"

    def clean(self) -> None:
        if self.level != self.Level.ANY and not self.value.strip():
            raise ValidationError({"value": "Name the page or event type, or choose “Every booking”."})
        if self.level == self.Level.ANY and self.value.strip():
            raise ValidationError({"value": "Leave it empty for every booking, or choose what it names."})


class BookingHost(models.Model):
    """A person who receives bookings, by e-mail address; `connected_at` is None for who is not connected."""

    settings = models.ForeignKey(BookingSettings, on_delete=models.CASCADE, related_name="hosts")
    email = models.EmailField("E-mail", max_length=254)
    name = models.CharField("Name", max_length=200, blank=True)
    user_id = models.PositiveIntegerField(
        "CRM user",
        null=True,
        blank=True,
        help_text="The User ID; empty: the CRM user of the same e-mail.",
    )
    connected_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "host"
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(fields=["settings", "email"], name="one_row_per_host"),
        ]

    def __str__(self) -> str:
        return self.email

    def save(self, *args: object, **kwargs: object) -> None:
        self.email = self.email.strip().lower()
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class BookingPageUser(models.Model):
    """Whose a booking page is. OnceHub's `owner` stays the first one's when a booking moves to another."""

    settings = models.ForeignKey(BookingSettings, on_delete=models.CASCADE, related_name="page_users")
    booking_page = models.CharField("Booking page", max_length=200, help_text="Its name or id.")
    user_id = models.PositiveIntegerField("User ID")

    class Meta:
        verbose_name = "owner of a booking page"
        verbose_name_plural = "owners of booking pages"
        ordering = ["booking_page"]
        constraints = [
            models.UniqueConstraint(fields=["settings", "booking_page"], name="one_user_per_booking_page"),
        ]

    def __str__(self) -> str:
        return f"{self.booking_page} → user {self.user_id}"


# OnceHub's own, with the CRM's names: booking field, of what, CRM field.
DEFAULT_MAPPING = (
    ("email", BookingFieldMapping.Target.CONTACT, "Email"),
    ("first_name", BookingFieldMapping.Target.CONTACT, "FirstName"),
    ("last_name", BookingFieldMapping.Target.CONTACT, "LastName"),
    ("company", BookingFieldMapping.Target.CONTACT, "Company"),
    ("phone", BookingFieldMapping.Target.CONTACT, "Phone1"),
    ("state", BookingFieldMapping.Target.CONTACT, "State"),
    ("country", BookingFieldMapping.Target.CONTACT, "Country"),
    ("subject", BookingFieldMapping.Target.APPOINTMENT, "ActionDescription"),
    ("description", BookingFieldMapping.Target.APPOINTMENT, "CreationNotes"),
)


def booking_settings_create(source: Source) -> BookingSettings:
    """The settings of the source with the vendor's defaults; those it has, if it has some. Repeat: safe."""
    settings, is_new = BookingSettings.objects.get_or_create(source=source)
    if is_new:
        BookingFieldMapping.objects.bulk_create(
            BookingFieldMapping(settings=settings, booking_field=key, target=target, crm_field=crm_field)
            for key, target, crm_field in DEFAULT_MAPPING
        )
    return settings

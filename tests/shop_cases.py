"""What each case of public bug reports must end as: the table that `python -m tests.cases` holds them to.

Amounts are the CRM's, in major units. A case whose source leaves two right ends open names both.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """One right end. `totals` and `paid` are of the CRM's orders, smallest first; `told` are words that the
    log or the contact's notes must say, `untold` words that they must not.
    """

    states: tuple[str, ...] = ("succeeded",)
    totals: tuple[str, ...] = ()
    paid: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    no_tags: tuple[str, ...] = ()
    contact: bool = True
    rounded: bool = False
    lines: tuple[str, ...] = ()


def sent(total: str, paid: str = "", **more: object) -> tuple[End, ...]:
    return (End(totals=(total,), paid=(paid or total,), **more),)  # type: ignore[arg-type]


def unsent(state: str, *told: str, **more: object) -> tuple[End, ...]:
    return (End(states=(state,), told=told, **{"contact": False, **more}),)  # type: ignore[arg-type]


NOT_SENT = "Not sent"
DECIDED_BY_A_PERSON = unsent("parked", contact=True)
NO_EMAIL = unsent("parked", "no e-mail address")
EXCHANGED = (*sent("250.00"), *DECIDED_BY_A_PERSON)
EVEN = (*sent("100.00"), *DECIDED_BY_A_PERSON)
CHEAPER = (*sent("60.00"), *sent("100.00", told=("40.00",), tags=("Refunded",)), *DECIDED_BY_A_PERSON)
ROUNDED = {"rounded": True}
DEPOSIT = (*sent("200.00", "50.00"), *unsent("skipped", NOT_SENT, "50.00"))

CASES: dict[str, tuple[End, ...]] = {
    "mg-5cent-down": sent("12.50", **ROUNDED),
    "mg-5cent-up": sent("12.55"),
    "mg-bundle-double": sent("30.00"),
    "mg-cod-fee": sent("869.00", "0.00"),
    "mg-cod-refused-refund": sent("40.00", "0.00"),
    "mg-downloadable": sent("19.00"),
    "mg-downloadable-empty-address": sent("19.00"),
    "mg-fpt": sent("75.00"),
    "mg-partial-invoice": (*sent("40.00", "20.00"), *sent("40.00", "0.00"), *unsent("skipped", NOT_SENT)),
    "mg-partial-invoice-refunded": (
        *sent("40.00", "20.00"),
        *sent("40.00", "15.00"),
        *sent("40.00", "0.00"),
        *unsent("skipped", NOT_SENT),
    ),
    "mg-row-total-net-of-discount": sent("11.76"),
    "mg-scp-child-price": (*sent("49.00"), *DECIDED_BY_A_PERSON),
    "mg-scp-child-sku": sent("49.00"),
    "mg-store-credit-covers-all": sent("0.00"),
    "mg-surcharge-as-negative-discount": sent("103.00", lines=("3.00",)),
    "mg-unpaid-check": unsent("skipped", NOT_SENT),
    "mg-voucher-tax-included": sent("10.00"),
    "sh-all-free": sent("0.00"),
    "sh-b2b": sent("8.00"),
    "sh-cancel-with-refund": sent("16.00", told=("refund", "cancel", "16.00"), tags=("Refunded",)),
    "sh-cancelled-refunded-first-seen": unsent("skipped", NOT_SENT),
    "sh-cart-email-in-customer": (End(tags=("Left a cart",)),),
    "sh-cart-phone-only": unsent("skipped", "e-mail"),
    "sh-cod-refused": sent("8.00", "0.00", told=("cancel",)),
    "sh-custom-item-tip": (*sent("61.00"), *sent("56.00", told=("Tip",))),
    "sh-draft-custom-item": (*sent("20.50"), *sent("8.00", told=("Engraving",))),
    "sh-exchange-cheaper-100": CHEAPER,
    "sh-exchange-cheaper-160": CHEAPER,
    "sh-exchange-even-100": EVEN,
    "sh-exchange-even-200": EVEN,
    "sh-exchange-first-100": EXCHANGED,
    "sh-exchange-first-250": EXCHANGED,
    "sh-exchange-first-350": EXCHANGED,
    "sh-exchange-life": sent("100.00", told=("250.00",), untold=("350.00",)),
    "sh-exchange-no-restock": sent("250.00"),
    "sh-mc-edit-one-cent": sent("16.05", **ROUNDED),
    "sh-mc-marketplace-tax-one-cent": sent("16.05", **ROUNDED),
    "sh-mc-marketplace-tax-one-cent-up": sent("16.05", **ROUNDED),
    "sh-mc-one-cent": sent("16.05", **ROUNDED),
    "sh-mc-qty-rounding-down": sent("96.34"),
    "sh-mc-qty-rounding-up": sent("96.29"),
    "sh-net-terms-half": (*sent("100.00", "50.00"), *sent("100.00", "0.00", states=("succeeded", "skipped"))),
    "sh-net-terms-in-two": sent("100.00"),
    "sh-partial-cod": (*sent("1699.00", "0.00"), *sent("1699.00", "200.00"), *unsent("skipped", NOT_SENT)),
    "sh-phone-only-then-email": sent("8.00"),
    "sh-pos-no-customer": NO_EMAIL,
    "sh-post-purchase-upsell": (*sent("38.00"), *sent("8.00", told=("38.00",))),
    "sh-product-deleted": sent("8.00"),
    "sh-return-no-money": sent("108.00"),
    "sh-shipping-protection-only": (*sent("30.98"), *sent("30.00", told=("Protection",))),
    "sh-tax-on-first-line": sent("1126.00"),
    "sh-tax-on-net": sent("88.00"),
    "sh-tip-gateway": sent("61.00", lines=("5.00",), untold=("left out",)),
    "sh-tip-only-pos": sent("7.00"),
    "sh-tip-with-crm-product": sent("45.00"),
    "uc-certificate-only": sent("40.00"),
    "uc-cod-unprocessed": sent("12.00"),
    "uc-kit-refund-partial": sent("35.00", told=("5.00",), tags=("Refunded",)),
    "uc-marketplace-no-email": NO_EMAIL,
    "uc-multi-currency-fractions": sent("89.08", told=("119.88",)),
    "uc-option-cost-on-top": sent("50.00"),
    "uc-rebill": sent("10.00"),
    "uc-store-credit-and-certificate": sent("35.00"),
    "wc-aelia-base-currency": (*sent("109.50"), *unsent("parked", contact=True)),
    "wc-bundle-parent-missing": sent("50.00"),
    "wc-cod-fee-one-cent": sent("28.48", "0.00"),
    "wc-coupon-plus-conditional-fee": sent("57.60"),
    "wc-deposit-acowebs": DEPOSIT,
    "wc-deposit-life": (
        *sent("200.00", "50.00", told=("cancel", "50.00")),
        *unsent("skipped", NOT_SENT, "50.00"),
    ),
    "wc-deposit-no-paid-date": (*sent("200.00", "0.00"), *unsent("skipped", NOT_SENT)),
    "wc-deposit-official": sent("3.70"),
    "wc-deposit-partially-paid": DEPOSIT,
    "wc-discount-renewal-vat": sent("25.20"),
    "wc-fee-only-order": sent("75.00", tags=("Shop customer",)),
    "wc-free-gift-unmapped": sent("30.00"),
    "wc-free-shipping-coupon": sent("30.00"),
    "wc-gift-card-fee-covers-all": sent("0.00"),
    "wc-hpos-loop": sent("30.00"),
    "wc-hpos-trash-restore": sent("30.00", told=("cancel",)),
    "wc-negative-fee-tax": sent("111.60"),
    "wc-no-address-arrays": NO_EMAIL,
    "wc-no-email": NO_EMAIL,
    "wc-on-hold-with-paid-date": sent("90.00"),
    "wc-partial-pos-payment": sent("300.00"),
    "wc-pending-with-paid-date": sent("90.00"),
    "wc-percent-and-credit": sent("64.74"),
    # Withdrawn, then given again: the last delivery is a refund.
    "wc-refund-deleted": sent("30.00", told=("refund of 10.00 withdrawn", "withdrew"), tags=("Refunded",)),
    "wc-refund-then-status": sent("30.00", told=("30.00 in all",), untold=("40.00",), tags=("Refunded",)),
    "wc-swiss-rounding": sent("146.95", **ROUNDED),
    "wc-swiss-rounding-up": sent("147.00"),
    "wc-two-equal-refunds": sent("30.00", told=("20.00 in all",), tags=("Refunded",)),
    "wc-variation-without-sku": sent("17.90"),
    "wc-vendor-single-yith": sent("60.00"),
    "wc-vendor-suborders": sent("110.00"),
    "wc-vendor-suborders-new-buyer": sent("110.00", tags=("New customer",), no_tags=("Repeat customer",)),
    "wc-vipps-whole-kroner": (*sent("477.00", **ROUNDED), *DECIDED_BY_A_PERSON),
    "wc-wcpay-multi-currency": (*sent("109.50"), *unsent("parked", contact=True)),
    "wc-zero-renewal": sent("0.00"),
}

"""Make an order without its referral partner, if that one is gone: an order never waits for its affiliate."""

from __future__ import annotations

from collections.abc import Callable

from cascade.planning.partners import partner_gone
from cascade.steps.base import Args, Context
from crm.errors import CrmRejected, MissingInCrm
from crm.records import CreatedOrder


def made_for_partner(
    context: Context, args: Args, make: Callable[[int, int], CreatedOrder]
) -> tuple[CreatedOrder, str]:
    """What `make` makes for the step's lead and sale partner, and what is to be told.

    Where it is refused, so that nothing was made, and the CRM does not have one any more, it is made without.
    """
    lead, sale = int(args.get("lead_affiliate_id", 0)), int(args.get("sale_affiliate_id", 0))
    try:
        return make(lead, sale), ""
    except (MissingInCrm, CrmRejected):
        gone = [each for each in sorted({lead, sale} - {0}) if not context.crm.affiliate_exists(each)]
        if not gone:
            raise
        return make(0 if lead in gone else lead, 0 if sale in gone else sale), partner_gone(gone[0])

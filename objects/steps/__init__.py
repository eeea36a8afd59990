"""The steps of objects; the app registers them."""

from objects.steps import add_activity, upsert_company, upsert_opportunity

OBJECT_STEPS = (upsert_company.STEP, upsert_opportunity.STEP, add_activity.STEP)

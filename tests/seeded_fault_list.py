"""The faults of `python -m tests.seeded_faults`: what is broken, where, and the tests that must notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """`before` occurs once in `file`, and is replaced by `after`."""

    name: str
    what: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]


def of(name: str, what: str, file: str, before: str, after: str, *tests: str) -> Fault:
    return Fault(name, what, file, before, after, tests)


CASCADE, CARTS, CRM, MAPPINGS = "tests/cascade/", "tests/carts/", "tests/crm/", "tests/mappings/"
PROBES, SWEEP = CASCADE + "test_probes.py::", CASCADE + "test_sweep.py::"
LEASES, POISON = CASCADE + "test_leases.py::", CASCADE + "test_poison.py::"
NEWEST = CASCADE + "test_newest_version.py::"
TAKEN = (
    "        stored = delivery_take(source, platform, body, request.headers, InboundEvent.Channel.WEBHOOK)"
)

LAG = CASCADE + "test_read_lag.py::"

FAULTS = (
    # -- reads that lag behind our own writes ------------------------------------------------------------
    of(
        "made-unremembered", "what was just made is not known by its name", "cascade/engine/journal.py",
        "            known_by_name=partial(name_known, self.replication.connection),\n", "",
        CASCADE + "test_product_matches.py::"
        "test_what_another_order_just_made_is_not_made_again_though_look_ups_do_not_show_it",
    ),
    of(
        "one-look-resends", "a resend makes an order anew after one look", "cascade/shop/orders/kind.py",
        "            if not head.clean_probes:", "            if False:",
        LAG + "test_a_resend_makes_no_second_order_because_the_first_does_not_show_yet",
    ),
    of(
        "total-at-first-sight", "a total is believed at first sight", "cascade/steps/check_total.py",
        "        context.look_again()\n", "",
        CASCADE + "test_scenarios.py::"
        "test_a_total_the_crm_sees_differently_stops_before_the_payment_and_names_the_line",
    ),
    of(
        "unprobed", "what is in doubt is sent again unprobed", "cascade/engine/run.py",
        "    if in_doubt and described.probe is not None:", "    if False:",
        CASCADE + "test_any_history.py",
    ),
    # -- the first round: what no test noticed at first -------------------------------------------------
    of(
        "one-clean-probe", "a resend after one clean probe, once settled", "cascade/engine/journal.py",
        "if entry.clean_probes >= 1 and now >= settled_at:", "if now >= settled_at:",
        PROBES + "test_one_clean_probe_alone_permits_no_resend_once_settled",
    ),
    of(
        "answered-unstored", "a webhook is answered 200 although storing failed", "intake/hooks.py",
        TAKEN,
        """        try:
            stored = delivery_take(source, platform, body, request.headers, InboundEvent.Channel.WEBHOOK)
        except Exception:
            return JsonResponse({"stored": 0})""",
        CARTS + "test_hooks.py::test_what_could_not_be_stored_is_not_acknowledged",
    ),
    of(
        "one-connection-counts", "new or repeat counts one connection, not the merchant",
        "carts/selectors.py",
        "source__connection__merchant=order.source.connection.merchant_id,",
        "source__connection=order.source.connection_id,",
        CARTS + "test_order_history.py",
    ),
    of(
        "duty-job-lost", "a job of a duty that raised is never run again", "background/periodic.py",
        "                self._busy.discard(item)", "                pass",
        "tests/background/test_periodic.py::test_a_job_that_raised_is_run_again",
    ),
    of(
        "rest-key-shown", "over REST the own key is not masked in the call record", "crm/rest/adapter.py",
        "redactor=Redactor([secret])", "redactor=Redactor()",
        CRM + "rest/test_adapter.py::test_a_key_that_looks_like_nothing_special_is_masked",
    ),
    of(
        "oauth-any-version", "an OAuth pair is stored without the version check",
        "mappings/access/oauth/renewal.py",
        "return bool(OAuthGrant.objects.filter(pk=grant.pk, version=grant.version).update(**values))",
        "return bool(OAuthGrant.objects.filter(pk=grant.pk).update(**values))",
        MAPPINGS + "test_oauth_renewal.py::test_a_pair_made_from_an_older_one_is_not_stored_over_the_newer",
    ),
    of(
        "many-open", "the index “one open per subject” is gone", "cascade/models.py",
        """condition=Q(state__in=("waiting", "running", "retrying")),
                name="one_open_replication_per_subject",""",
        """condition=Q(state="never"),
                name="one_open_replication_per_subject",""",
        CASCADE + "test_many_resends.py",
    ),
    of(
        "probe-any-name", "the contact probe ignores the duplicate check's names",
        "cascade/steps/upsert_contact.py",
        'DuplicateCheck.EMAIL_AND_NAME: ("first_name", "last_name"),', "DuplicateCheck.EMAIL_AND_NAME: (),",
        PROBES + "test_a_lost_upsert_is_not_taken_for_a_namesakes_of_the_same_address",
    ),
    of(
        "crashes-kept", "the crash count is not reset on progress", "cascade/engine/journal.py",
        "self.lease.renew(crashes=0)", "self.lease.renew()",
        POISON + "test_progress_resets_the_count_of_deaths",
    ),
    # -- what tests noticed from the beginning ----------------------------------------------------------
    of(
        "failed-is-absent", "a failed look-up is read as absent", "mappings/directory/names.py",
        "            found = crm.find_tags(name)",
        """            try:
                found = crm.find_tags(name)
            except Exception:
                found = []""",
        MAPPINGS + "test_directory.py::test_a_failed_look_up_is_never_an_absent",
        CASCADE + "test_scenarios.py::test_a_failed_look_up_is_not_an_absent_name",
    ),
    of(
        "done-before-reply", "an effect is journalled as done before the reply", "cascade/engine/journal.py",
        "entry.state, entry.send_began_at, entry.reply_lost_at = State.SENDING, self.lease.now(), None",
        "entry.state, entry.send_began_at, entry.reply_lost_at = State.DONE, self.lease.now(), None",
        CASCADE + "test_crash_sweep.py::test_a_worker_that_vanishes_at_any_moment_loses_and_doubles_nothing",
    ),
    of(
        "no-settle-time", "no settle time", "cascade/engine/journal.py",
        "if entry.clean_probes >= 1 and now >= settled_at:", "if entry.clean_probes >= 1:",
        PROBES + "test_a_dead_workers_send_settles_from_the_takeover",
    ),
    of(
        "stored-later", "a delivery is stored after the answer", "intake/hooks.py",
        TAKEN,
        """        import threading

        given = (source, platform, body, dict(request.headers), InboundEvent.Channel.WEBHOOK)
        threading.Timer(0.5, delivery_take, given).start()
        return JsonResponse({"stored": 1})""",
        CARTS + "test_hooks.py::test_a_delivery_is_stored_as_it_came",
    ),
    of(
        "wake-inside", "a worker is woken inside the transaction", "background/wakeup.py",
        "transaction.on_commit(partial(wake, task, *args), robust=True)", "wake(task, *args)",
        "tests/background/test_wakeup.py::test_on_commit_it_wakes_after_the_row_is_there",
    ),
    of(
        "many-in-flight", "no index for one in flight per contact", "cascade/models.py",
        'condition=Q(state="running"),', 'condition=Q(state="never"),',
        CASCADE + "test_scenarios.py::test_one_contact_at_a_time_and_the_next_is_not_lost",
    ),
    of(
        "5xx-is-transient", "a 5xx to a write counts as not done", "crm/classify/table.py",
        """        on_write=OutcomeUnknown,
        message="The CRM is not available at this moment.",""",
        """        message="The CRM is not available at this moment.",""",
        CRM + "test_errors.py",
    ),
    of(
        "payment-first", "the payment does not wait for lines and total", "cascade/shop/orders/payments.py",
        'kind="record_payment", args=args, needs=(total.name,)',
        'kind="record_payment", args=args, needs=("order",)',
        CASCADE + "test_cart_orders.py::test_a_promo_code_the_crm_does_not_know_stops_before_the_payment",
    ),
    of(
        "float-money", "money is rounded as a float", "crm/money.py",
        "return amount.quantize(Decimal(1).scaleb(-exponent(currency)), rounding=ROUND_HALF_UP)",
        "return Decimal(round(float(amount), exponent(currency)))",
        CRM + "test_money.py",
    ),
    of(
        "ties-ignored", "of two versions of one time the first worked on wins", "intake/records.py",
        "return row.event is not None and arrival_of(event) < arrival_of(row.event)", "return False",
        CARTS + "test_order_ingest.py::test_a_tie_goes_to_the_later_arrival_whenever_it_is_worked_on",
    ),
    of(
        "older-applied", "an older version is applied", "intake/records.py",
        "return version_at < row.version_at", "return False",
        CARTS + "test_order_ingest.py::test_an_older_version_changes_nothing",
    ),
    of(
        "tests-counted", "test orders count for new and repeat", "carts/selectors.py",
        "        is_test=False,\n", "",
        "tests/ultracart/test_new_and_repeat.py::test_a_test_order_is_counted_by_nobody_and_gets_neither_tag",
    ),
    of(
        "preview-tags", "a preview applies a tag", "cascade/services.py",
        "    row = stand_in(subject, without_automation=without_automation, triggered_by=trigger)\n",
        "    row = stand_in(subject, without_automation=without_automation, triggered_by=trigger)\n"
        '    _asking(row.connection).create_tag("Previewed")\n',
        CASCADE + "test_preview_command.py::test_it_prints_decisions_and_steps_and_writes_nothing",
    ),
    of(
        "unscoped-admin", "the admin shows every merchant's rows", "mappings/admin/scoping.py",
        "super().get_queryset(request), None if rights.everything else rights.visible",
        "super().get_queryset(request), None",
        MAPPINGS + "test_scoping.py::test_another_merchant_s_row_is_not_there",
    ),
    of(
        "hmac-parsed", "the signature is taken of the parsed body", "intake/platform.py",
        'hmac.digest(secret.encode(), body, "sha256")',
        'hmac.digest(secret.encode(), repr(__import__("json").loads(body or b"0")).encode(), "sha256")',
        CARTS + "platforms/test_shopify_hook.py",
    ),
    of(
        "uncounted-quota", "calls are not counted against the quota", "mappings/access/quota/ledger.py",
        'begun=bool(self._holder))\n        self._store(counts)', "begun=bool(self._holder))",
        MAPPINGS + "quota/test_ledger.py",
    ),
    of(
        "breaker-stays", "the breaker never closes", "mappings/access/breaker.py",
        "        rows.update(until=now, next_probe_at=None, announced=False)", "        pass",
        MAPPINGS + "test_breaker.py::test_an_answer_closes_it_and_leaves_one_row_of_the_outage",
    ),
    of(
        "naive-times", "times without a zone are sent", "crm/xmlrpc/encode.py",
        "    if value.tzinfo is None:", "    if False:",
        CRM + "test_encode_decode.py::test_what_has_no_honest_form_is_not_written",
    ),
    of(
        "no-heartbeat", "the lease has no heartbeat", "background/lease.py",
        "            again = _renewed(lease)", "            again = lease.seconds / 3",
        LEASES + "test_the_heartbeat_keeps_the_lease_through_a_long_call",
    ),
    of(
        "sent-uncommitted", "a call leaves before what is sent is committed", "cascade/engine/replicate.py",
        "journal.keep_call, partial(journal.commit, savepoint=False)", "journal.keep_call, lambda: None",
        CASCADE + "test_crash_sweep.py::test_a_worker_that_vanishes_at_any_moment_loses_and_doubles_nothing",
    ),
    of(
        "newer-forgotten", "a newer version is forgotten at the end of a run", "cascade/engine/replicate.py",
        "        if (version or 0) > replication.subject_version:", "        if False:",
        NEWEST + "test_from_the_sending_of_the_head_the_plan_is_kept",
    ),
    of(
        "crashes-uncounted", "lost workers are not counted", "cascade/engine/lease.py",
        '"crashes": row.crashes + taken_over,', '"crashes": row.crashes,',
        LEASES + "test_an_expired_lease_is_taken_over_and_counted",
    ),
    of(
        "poison-goes-on", "the poison check is gone", "cascade/engine/replicate.py",
        "    if replication.crashes >= MOST_CRASHES:", "    if False:",
        CASCADE + "test_scenarios.py::test_three_lost_workers_without_progress_park_the_order",
    ),
    of(
        "payment-unfrozen", "the payment of a sent order follows a newer plan",
        "cascade/steps/record_payment.py", "    at_head=AtHead.FROZEN,\n", "",
        CASCADE + "test_freeze.py::test_a_payment_that_was_refused_follows_the_type_it_has_now",
    ),
    of(
        "fields-replaced", "custom fields of an order are replaced, not merged", "crm/rest/orders.py",
        'body["custom_fields"] = merged(listed(there, "custom_fields"), contents)',
        'body["custom_fields"] = written(contents)',
        CRM + "rest/test_orders.py", CRM + "test_contract_orders.py",
    ),
    of(
        "abandoned-left", "what a dead worker left is never due", "cascade/engine/selectors.py",
        "abandoned = Q(state=State.RUNNING, lease_until__lt=now)", "abandoned = Q(pk=0)",
        SWEEP + "test_it_takes_up_at_once_what_a_dead_worker_left",
    ),
    of(
        "fresh-behind", "fresh orders wait behind a backfill", "cascade/engine/selectors.py",
        '.order_by("lane", "not_before", "id")', '.order_by("not_before", "id")',
        CASCADE + "test_ranges.py",
    ),
    of(
        "settle-inverted", "a person's answer is taken the other way round",
        "cascade/engine/resolve_by_hand.py",
        "        if happened:", "        if not happened:",
        "tests/logs_ui/test_settle.py::test_a_persons_word_is_taken_and_the_order_goes_on",
    ),
    of(
        "mail-per-cause", "one mail in eight hours per cause, not over all", "mappings/notices/mails.py",
        "if (clock.sent_at is None or self.now - clock.sent_at >= BETWEEN_MAILS)", "if True",
        MAPPINGS + "test_notices.py::test_one_mail_in_eight_hours_over_all_causes",
    ),
    of(
        "zombie-sends", "a worker whose lease ran out sends on", "cascade/engine/lease.py",
        "        if time.monotonic() >= self.ends:", "        if False:",
        LEASES + "test_a_worker_that_was_held_up_sends_nothing_more",
    ),
    of(
        "overtaken-writes", "the journal takes what a worker writes that lost its row",
        "cascade/engine/journal.py",
        "where=condition, params=params", 'where="", params=()',
        LEASES + "test_a_worker_that_comes_back_after_another_finished_changes_nothing",
    ),
    of(
        "quota-unlike", "a quota is counted by what was seen last, whoever counted since",
        "mappings/access/quota/ledger.py",
        "AND (SELECT count FROM alike) = {count}", "",
        MAPPINGS + "quota/test_ledger.py::test_workers_that_send_in_turn_count_every_call",
    ),
    of(
        "old-tables", "who saves a connection brings the version of its tables back that was read",
        "mappings/models/connection.py",
        "        self.tables_version = new_version()\n", "",
        CASCADE + "test_rules.py::test_who_saves_a_connection_read_long_ago_brings_no_old_tables_back",
    ),
    # -- the third round: what was built against the findings ------------------------------------------
    of(
        "part-beside-whole", "a vendor's part is sent although its whole is in the CRM",
        "cascade/shop/orders/views.py",
        "if whole is not None and in_crm([whole]):", "if False:",
        "tests/woocommerce/test_vendor_orders.py::test_a_parked_part_is_let_go_when_its_whole_comes_after_all",
    ),
    of(
        "any-parent-a-whole", "a parent alone makes an order a part",
        "carts/platforms/woocommerce/vendors.py",
        'return parent if made_by in', 'return parent if True or made_by in',
        "tests/woocommerce/test_vendor_orders.py::test_a_parent_alone_makes_no_part",
    ),
    of(
        "return-as-exchange", "a return whose money is on its way counts as an exchange",
        "carts/platforms/shopify/figures.py",
        "is_exchange = unpaid and not is_owed_back and _kept_worth(order, refunds) >= unpaid",
        "is_exchange = unpaid and not is_owed_back",
        CARTS + "platforms/test_shopify_exchanges.py",
    ),
    of(
        "tag-of-another-order", "a withdrawn refund takes the tag that another order gives",
        "cascade/shop/orders/changes.py",
        "(tag.is_ours and tag.tag_id not in recorded.held)", "tag.is_ours",
        "tests/ultracart/test_refund_withdrawn.py",
    ),
    of(
        "one-credit-only", "of several credits only one is found", "carts/platforms/credits.py",
        "range(len(known), 0, -1)", "range(1, 0, -1)",
        CARTS + "platforms/test_ultracart_order.py::test_store_credit_and_a_gift_certificate",
    ),
    of(
        "deleted-order-done", "a resend believes the journal of an order that the CRM deleted",
        "cascade/shop/orders/kind.py",
        "    except MissingInCrm:", "    except ZeroDivisionError:",
        CASCADE + "test_verify.py::test_an_order_deleted_in_the_crm_is_made_anew_once",
    ),
    of(
        "campaign-of-today", "a change starts a campaign that was set up since",
        "cascade/shop/orders/kind.py",
        "return plan_without_new(plan, entries) if was_sent and by_itself else plan", "return plan",
        CASCADE + "test_verify.py::test_a_change_starts_no_campaign_that_was_set_up_since",
    ),
    of(
        "no-last-look", "a worker that was stopped while it connected sends", "crm/http/session.py",
        "        if look is not None:", "        if False:",
        LEASES + "test_a_worker_overtaken_while_it_connects_sends_nothing",
    ),
    of(
        "uncounted-elements", "a body is parsed however many elements it holds", "crm/shapes.py",
        "if count >= most_tokens:", "if False:",
        CRM + "rest/test_body.py",
    ),
    of(
        "state-not-fact", "a parcel waits for how its order's replication ended",
        "cascade/shop/shipments.py",
        "    return checked.exists() and order_ids(replication) is not None", "    return False",
        "tests/ultracart/test_shipping.py::test_a_step_that_failed_after_the_order_keeps_no_parcel_back",
    ),
    of(
        "first-not-worst", "the log's sentence is the first problem, not the worst",
        "cascade/engine/outcome.py",
        "    for level in (Level.ERROR, Level.WARNING):", "    for level in (Level.WARNING, Level.ERROR):",
        "tests/ultracart/test_product_mapping.py::test_the_one_sentence_of_the_log_is_the_worst",
    ),
    of(
        "queue-of-the-host", "the apps send their wake-ups to a host's queue", "background/wakeup.py",
        'getattr(settings, "CASCADER_QUEUE", "cascader")', '"celery"',
        "tests/config/test_host_project.py",
    ),
)  # fmt: skip

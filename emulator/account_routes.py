"""The endpoints about the account: who it is, how much of the daily quota is used."""

from datetime import datetime, timedelta

from emulator.calls import Answer, Call
from emulator.clock import stamp


def details(call: Call) -> Answer:
    """``GET /account-info/{version}/details``."""
    local = datetime.fromisoformat(call.at).astimezone(call.portal.time_zone)
    offset = local.utcoffset() or timedelta()
    body = {
        "portalId": call.portal.portal_id,
        "accountType": call.portal.account_type,
        "timeZone": str(call.portal.time_zone),
        "companyCurrency": "EUR",
        "additionalCurrencies": [],
        "utcOffset": local.isoformat()[-6:],
        "utcOffsetMilliseconds": offset // timedelta(milliseconds=1),
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "eu1",
    }
    return Answer(200, body)


def daily_usage(call: Call) -> Answer:
    """``GET /account-info/{version}/api-usage/daily/private-apps``."""
    quota = call.limits.quota()
    usage = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": quota.limit,
        "currentUsage": quota.used,
        "collectedAt": call.at,
        "fetchStatus": "SUCCESS",
        "resetsAt": stamp(quota.resets_at),
    }
    return Answer(200, {"results": [usage]})

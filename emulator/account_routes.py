"""The endpoints about the account: who it is, how much of the daily quota is used, which properties exist."""

from datetime import datetime, timedelta

from emulator.calls import Answer, Call


def details(call: Call) -> Answer:
    """``GET /account-info/{version}/details``."""
    body = {
        "portalId": call.portal.portal_id,
        "accountType": "STANDARD",
        "timeZone": "UTC",
        "companyCurrency": "EUR",
        "additionalCurrencies": [],
        "utcOffset": "+00:00",
        "utcOffsetMilliseconds": 0,
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "eu1",
    }
    return Answer(200, body)


def daily_usage(call: Call) -> Answer:
    """``GET /account-info/{version}/api-usage/daily/private-apps``; the quota starts anew at midnight UTC."""
    midnight = datetime.fromisoformat(call.at).replace(hour=0, minute=0, second=0, microsecond=0)
    usage = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": call.daily_limit,
        "currentUsage": call.calls_today,
        "collectedAt": call.at,
        "fetchStatus": "SUCCESS",
        "resetsAt": (midnight + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }
    return Answer(200, {"results": [usage]})


def properties(call: Call) -> Answer:
    """``GET .../properties/contacts``: every property definition."""
    return Answer(200, {"results": call.portal.definitions.as_json()})

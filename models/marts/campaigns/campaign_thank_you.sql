{{
    hubspot_sync.hubspot_campaign(
        include=["segment_best_customers"],
        exclude=["segment_lapsed_customers"],
        treatments=[
            {
                "name": "early access",
                "percent": 45,
                "list": "Best customers with early access",
            },
            {"name": "gift", "percent": 45, "list": "Best customers with gift"},
            {"name": "control", "percent": 10, "control": true},
        ],
        starts_on="2026-10-01",
    )
}}

{{
    hubspot_sync.hubspot_campaign(
        include=["segment_lapsed_customers"],
        exclude=["segment_new_customers"],
        sub_audiences=[
            {
                "name": "best customers",
                "where": "value_tier in ('top_1', 'top_5', 'top_10')",
                "treatments": [
                    {
                        "name": "voucher",
                        "percent": 50,
                        "list": "Lapsed customers with voucher",
                    },
                    {
                        "name": "reminder",
                        "percent": 40,
                        "list": "Lapsed customers",
                    },
                    {"name": "control", "percent": 10, "control": true},
                ],
            },
            {"name": "everybody else"},
        ],
        treatments=[
            {"name": "reminder", "percent": 90, "list": "Lapsed customers"},
            {"name": "control", "percent": 10, "control": true},
        ],
        starts_on="2026-10-01",
    )
}}

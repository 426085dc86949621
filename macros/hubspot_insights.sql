{# What `insights` reads. #}
{% macro hubspot_segment_insights() %}
    select
        segment,
        customers,
        share_of_customers,
        reachable_by_email,
        looked_up,
        on_hubspot,
        active_365_days,
        revenue,
        revenue_365_days,
        average_order_value,
        as_of
    from {{ ref("hubspot_sync", "segment_insights") }}
    order by segment_no
{% endmacro %}

{% macro hubspot_segment_overlaps() %}
    select segment, other_segment, customers, share_of_segment, share_of_other
    from {{ ref("hubspot_sync", "segment_overlaps") }}
    order by customers desc, segment, other_segment
{% endmacro %}

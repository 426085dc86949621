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

{% macro hubspot_results() %}
    select
        campaign,
        sub_audience,
        treatment,
        is_control,
        customers,
        customers_exposed,
        customers_counted,
        customers_ordered,
        ordered_share,
        ordered_share_difference_low,
        ordered_share_difference_high,
        revenue_per_customer,
        revenue_per_customer_difference_low,
        revenue_per_customer_difference_high
    from {{ ref("hubspot_sync", "campaign_results") }}
    order by campaign, sub_audience, case when is_control then 1 else 0 end, treatment
{% endmacro %}

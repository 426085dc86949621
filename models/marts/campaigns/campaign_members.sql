with
    enrolments as (select * from {{ ref("campaign_enrolments") }}),

    customer_aliases as (select * from {{ ref("customer_aliases") }}),

    customer_360 as (select * from {{ ref("customer_360") }}),

    campaigns as (

        {{
            hubspot_sync.hubspot_campaigns_sql(
                hubspot_sync.hubspot_campaign_declarations()
            )
        }}

    ),

    dated as (

        select
            enrolments.*,
            row_number() over (
                partition by campaign, customer_id order by build_no desc
            ) as newest_first,
            min(build_no) over (partition by campaign, customer_id) as first_build_no,
            min(assigned_at) over (
                partition by campaign, customer_id
            ) as first_assigned_at
        from enrolments

    ),

    followed as (

        select
            dated.campaign,
            dated.customer_id as enrolled_id,
            coalesce(customer_aliases.customer_id, dated.customer_id) as customer_id,
            dated.sub_audience,
            dated.treatment,
            dated.is_control,
            dated.list_name,
            dated.slot,
            dated.assigned_at,
            dated.first_build_no,
            dated.first_assigned_at
        from dated
        left join customer_aliases on dated.customer_id = customer_aliases.alias_id
        where dated.newest_first = 1 and dated.is_active

    ),

    -- Control wins, then the id that was enrolled first.
    ranked as (

        select
            followed.*,
            min(first_assigned_at) over (
                partition by campaign, customer_id
            ) as first_enrolled_at,
            row_number() over (
                partition by campaign, customer_id
                order by
                    case when is_control then 0 else 1 end, first_build_no, enrolled_id
            ) as decides_first
        from followed

    ),

    members as (

        select
            ranked.campaign,
            ranked.customer_id,
            ranked.sub_audience,
            ranked.treatment,
            ranked.is_control,
            ranked.list_name,
            ranked.slot,
            ranked.assigned_at,
            ranked.first_enrolled_at,
            campaigns.priority,
            campaigns.is_over
        from ranked
        inner join campaigns on ranked.campaign = campaigns.campaign
        inner join customer_360 on ranked.customer_id = customer_360.customer_id
        where ranked.decides_first = 1

    ),

    {% if hubspot_sync.hubspot_campaign_overlap() == "highest_priority" -%}
        -- Campaigns that are over take nobody and lose nobody.
        overlapping as (

            select
                members.*,
                case
                    when is_over
                    then campaign
                    else
                        first_value(campaign) over (
                            partition by customer_id
                            order by case when is_over then 1 else 0 end, priority
                            rows between unbounded preceding and unbounded following
                        )
                end as kept_by
            from members

        ),
    {%- else -%} overlapping as (select members.*, campaign as kept_by from members),
    {%- endif %}

    settled as (

        select
            campaign,
            customer_id,
            sub_audience,
            treatment,
            is_control,
            list_name,
            slot,
            assigned_at,
            first_enrolled_at,
            nullif(kept_by, campaign) as overruled_by
        from overlapping

    )

select *
from settled

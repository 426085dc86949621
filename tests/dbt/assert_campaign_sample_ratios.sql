{%- set enabled = hubspot_sync.hubspot_campaign_models() | length > 0 -%}
{{ config(enabled=enabled) }}
-- Whether as many customers came into each treatment as its percentage says: Pearson's
-- chi-square test at p < 0.001 for each campaign and sub-audience, over those who
-- came in
-- since the percentages last changed, since leaving may be an effect of a treatment.
-- Where
-- fewer than 5 are expected in a treatment it says nothing (Cochran, Biometrics 10,
-- 1954).
-- Its limit is Wilson and Hilferty's approximation (PNAS 17, 1931), which is up to 3 %
-- higher than the exact one; 3.0902 is the normal quantile of 0.999.
with
    enrolments as (select * from {{ ref("campaign_enrolments") }}),

    slots as (select * from {{ ref("campaign_slots") }}),

    ordered_slots as (

        select
            slots.*,
            max(assigned_at) over (partition by campaign, sub_audience) as changed_at,
            row_number() over (
                partition by campaign, sub_audience, slot order by build_no desc
            ) as newest_first
        from slots

    ),

    shares as (

        select
            campaign,
            sub_audience,
            treatment,
            max(changed_at) as changed_at,
            count(*) / 1000.0 as share
        from ordered_slots
        where newest_first = 1
        group by campaign, sub_audience, treatment

    ),

    ordered_enrolments as (

        select
            enrolments.*,
            row_number() over (
                partition by campaign, customer_id order by build_no
            ) as oldest_first
        from enrolments

    ),

    counted as (

        select
            shares.campaign,
            shares.sub_audience,
            shares.treatment,
            shares.share,
            count(entered.customer_id) as customer_count
        from shares
        left join
            ordered_enrolments as entered
            on shares.campaign = entered.campaign
            and shares.sub_audience = entered.sub_audience
            and shares.treatment = entered.treatment
            and entered.oldest_first = 1
            and entered.assigned_at >= shares.changed_at
        group by shares.campaign, shares.sub_audience, shares.treatment, shares.share

    ),

    expected as (

        select
            counted.*,
            share * sum(customer_count) over (
                partition by campaign, sub_audience
            ) as expected_count
        from counted

    ),

    measured as (

        select
            campaign,
            sub_audience,
            sum(customer_count) as customer_count,
            min(expected_count) as least_expected,
            sum(
                (customer_count - expected_count)
                * (customer_count - expected_count)
                / nullif(expected_count, 0)
            ) as chi_square,
            nullif(count(*) - 1, 0) * 1.0 as freedom
        from expected
        group by campaign, sub_audience

    ),

    roots as (

        select
            measured.*,
            1
            - 2 / (9 * freedom)
            + 3.0902 * sqrt(2 / (9 * freedom)) as cube_root_of_limit
        from measured

    )

select campaign, sub_audience, customer_count, chi_square
from roots
where
    least_expected >= 5
    and chi_square
    > freedom * cube_root_of_limit * cube_root_of_limit * cube_root_of_limit

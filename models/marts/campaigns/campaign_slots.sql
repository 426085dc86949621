{#- Rows are only added: how percentages move can be told only from where every slot is now. -#}
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        full_refresh=false,
    )
}}
with
    declared as (

        {{
            hubspot_sync.hubspot_treatments_sql(
                hubspot_sync.hubspot_campaign_declarations()
            )
        }}

    ),

    history as (

        {% if is_incremental() -%}select * from {{ this }}
        {%- else -%}
            select
                cast(null as {{ dbt.type_string() }}) as campaign,
                cast(null as {{ dbt.type_string() }}) as sub_audience,
                cast(null as {{ dbt.type_int() }}) as slot,
                cast(null as {{ dbt.type_string() }}) as treatment,
                cast(null as {{ dbt.type_bigint() }}) as build_no
            limit 0
        {%- endif %}

    ),

    this_build as (select coalesce(max(build_no), 0) + 1 as build_no from history),

    newest as (

        select
            campaign,
            sub_audience,
            slot,
            treatment,
            row_number() over (
                partition by campaign, sub_audience, slot order by build_no desc
            ) as newest_first
        from history

    ),

    digits as (

        {% for digit in range(10) -%}
            select {{ digit }} as digit {{ "union all" if not loop.last }}
        {% endfor %}

    ),

    sub_audiences as (select distinct campaign, sub_audience from declared),

    slots as (

        select
            sub_audiences.campaign,
            sub_audiences.sub_audience,
            hundreds.digit * 100 + tens.digit * 10 + ones.digit as slot
        from sub_audiences
        cross join digits as hundreds
        cross join digits as tens
        cross join digits as ones

    ),

    -- A treatment keeps its lowest slots, as many as it may have.
    filled as (

        select
            slots.campaign,
            slots.sub_audience,
            slots.slot,
            newest.treatment,
            row_number() over (
                partition by slots.campaign, slots.sub_audience, newest.treatment
                order by slots.slot
            ) as slot_no
        from slots
        left join
            newest
            on slots.campaign = newest.campaign
            and slots.sub_audience = newest.sub_audience
            and slots.slot = newest.slot
            and newest.newest_first = 1

    ),

    judged as (

        select
            filled.campaign,
            filled.sub_audience,
            filled.slot,
            filled.treatment,
            declared.treatment is not null as is_kept
        from filled
        left join
            declared
            on filled.campaign = declared.campaign
            and filled.sub_audience = declared.sub_audience
            and filled.treatment = declared.treatment
            and filled.slot_no <= declared.slot_count

    ),

    freed as (

        select
            campaign,
            sub_audience,
            slot,
            row_number() over (
                partition by campaign, sub_audience order by slot
            ) as freed_no
        from judged
        where not is_kept

    ),

    kept as (

        select campaign, sub_audience, treatment, count(*) as slot_count
        from judged
        where is_kept
        group by campaign, sub_audience, treatment

    ),

    short as (

        select
            declared.campaign,
            declared.sub_audience,
            declared.treatment,
            declared.treatment_no,
            declared.slot_count - coalesce(kept.slot_count, 0) as short_by
        from declared
        left join
            kept
            on declared.campaign = kept.campaign
            and declared.sub_audience = kept.sub_audience
            and declared.treatment = kept.treatment

    ),

    ranged as (

        select
            short.*,
            sum(short_by) over (
                partition by campaign, sub_audience
                order by treatment_no
                rows between unbounded preceding and current row
            ) as last_no
        from short

    ),

    moved as (

        select
            freed.campaign,
            freed.sub_audience,
            cast(freed.slot as {{ dbt.type_int() }}) as slot,
            ranged.treatment,
            cast(this_build.build_no as {{ dbt.type_bigint() }}) as build_no,
            {{ hubspot_sync.hubspot_build_time() }} as assigned_at
        from freed
        inner join
            ranged
            on freed.campaign = ranged.campaign
            and freed.sub_audience = ranged.sub_audience
            and freed.freed_no <= ranged.last_no
            and freed.freed_no > ranged.last_no - ranged.short_by
        cross join this_build

    )

select *
from moved

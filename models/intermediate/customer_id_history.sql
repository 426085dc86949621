{#- Rows are only added: the ids that a team has used, for lists, treatments and reports, cannot be computed again. -#}
{%- set oldest_first -%}
    created_at asc nulls last, source_priority asc, record_id asc
{%- endset -%}
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        full_refresh=false,
    )
}}
with
    customer_records as (select * from {{ ref("int_customer_records") }}),

    record_groups as (select * from {{ ref("int_record_groups") }}),

    history as (

        {% if is_incremental() -%}
            select record_id, customer_id, build_no from {{ this }}
        {%- else -%}
            select
                cast(null as {{ dbt.type_string() }}) as record_id,
                cast(null as {{ dbt.type_string() }}) as customer_id,
                cast(null as {{ dbt.type_bigint() }}) as build_no
            limit 0
        {%- endif %}

    ),

    this_build as (select coalesce(max(build_no), 0) + 1 as build_no from history),

    newest as (

        select
            record_id,
            customer_id,
            row_number() over (
                partition by record_id order by build_no desc
            ) as newest_first
        from history

    ),

    ids as (

        select customer_id, min(build_no) as first_build_no
        from history
        group by customer_id

    ),

    known_records as (

        select
            customer_records.record_id,
            customer_records.created_at,
            customer_records.source_priority,
            record_groups.component_id,
            newest.customer_id as known_id,
            ids.first_build_no
        from customer_records
        inner join record_groups on customer_records.record_id = record_groups.record_id
        left join
            newest
            on customer_records.record_id = newest.record_id
            and newest.newest_first = 1
        left join ids on newest.customer_id = ids.customer_id

    ),

    -- Where a customer splits, the id goes with its oldest record.
    inherited as (

        select
            known_records.*,
            case
                when
                    row_number() over (
                        partition by known_id order by {{ oldest_first }}
                    )
                    = 1
                then known_id
            end as inherited_id
        from known_records

    ),

    -- Where customers merge, the id known for longer stays, then that of the older
    -- record.
    kept as (

        select
            inherited.*,
            first_value(inherited_id) over (
                partition by component_id
                order by
                    case when inherited_id is null then 1 else 0 end asc,
                    first_build_no asc nulls last,
                    {{ oldest_first }}
                rows between unbounded preceding and unbounded following
            ) as kept_id,
            first_value(record_id) over (
                partition by component_id
                order by {{ oldest_first }}
                rows between unbounded preceding and unbounded following
            ) as oldest_record_id
        from inherited

    ),

    kept_ids as (select distinct kept_id from kept where kept_id is not null),

    -- A new customer is called by its oldest record, unless another still is.
    named as (

        select
            kept.record_id,
            kept.known_id,
            this_build.build_no,
            case
                when kept.kept_id is not null
                then kept.kept_id
                when kept_ids.kept_id is null
                then kept.oldest_record_id
                else
                    {{
                        dbt.concat(
                            [
                                "kept.oldest_record_id",
                                "'~'",
                                "cast(this_build.build_no as "
                                ~ dbt.type_string()
                                ~ ")",
                            ]
                        )
                    }}
            end as customer_id
        from kept
        cross join this_build
        left join kept_ids on kept.oldest_record_id = kept_ids.kept_id

    ),

    changed as (

        select
            record_id,
            customer_id,
            known_id as previous_customer_id,
            build_no,
            cast(
                '{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") }}'
                as {{ dbt.type_timestamp() }}
            ) as assigned_at
        from named
        where known_id is null or known_id <> customer_id

    )

select *
from changed

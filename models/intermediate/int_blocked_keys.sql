with
    match_keys as (select * from {{ ref("int_match_keys") }}),

    record_groups as (select * from {{ ref("int_record_groups") }}),

    judged as (

        select
            match_keys.key_type,
            match_keys.key_value,
            match_keys.record_count,
            match_keys.sharing_count,
            coalesce(match_keys.no_link_reason, 'divided') as no_link_reason,
            record_groups.component_id
        from match_keys
        inner join record_groups on match_keys.record_id = record_groups.record_id
        where
            match_keys.no_link_reason is not null
            or record_groups.divided_by is not null

    ),

    blocked as (

        select
            key_type,
            key_value,
            no_link_reason,
            max(record_count) as record_count,
            max(sharing_count) as sharing_count
        from judged
        group by key_type, key_value, no_link_reason
        having no_link_reason <> 'divided' or count(distinct component_id) > 1

    )

select *
from blocked

with
    match_keys as (select * from {{ ref("int_match_keys") }}),

    blocked as (

        select
            key_type,
            key_value,
            no_link_reason,
            max(record_count) as record_count,
            max(sharing_count) as sharing_count
        from match_keys
        where no_link_reason in ('placeholder', 'too_many_records', 'several_people')
        group by key_type, key_value, no_link_reason

    )

select *
from blocked

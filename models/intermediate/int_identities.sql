with
    record_groups as (select * from {{ ref("int_record_groups") }}),

    history as (select * from {{ ref("customer_id_history") }}),

    newest as (

        select
            record_id,
            customer_id,
            row_number() over (
                partition by record_id order by build_no desc
            ) as newest_first
        from history

    ),

    identified as (

        select record_groups.record_id, record_groups.component_id, newest.customer_id
        from record_groups
        inner join
            newest
            on record_groups.record_id = newest.record_id
            and newest.newest_first = 1

    )

select *
from identified

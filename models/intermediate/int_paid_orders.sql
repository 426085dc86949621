with
    orders as (select * from {{ ref("stg_shop__orders") }}),

    paid as (select * from orders where status = 'paid')

select *
from paid

{# Who is the same: connected components of records and the keys they share. -#}
{% macro connected_components(edges, node, key, rounds=8) %}
    {{
        return(
            adapter.dispatch("connected_components", "hubspot_sync")(
                edges, node, key, rounds
            )
        )
    }}
{% endmacro %}

{#
    Every record starts with its own hash as label. A round takes, under each key, the smallest label of the
    records that carry it, and gives it to everybody who had the same label before. Hashed labels are in no order
    along a chain, so a component of n records closes in about log(n) rounds. Windows only: no recursion, which
    most warehouses allow without duplicate removal only, and no self join, which grows when CTEs are inlined.
#}
{% macro default__connected_components(edges, node, key, rounds) %}
    with
        labels_0 as (

            select {{ node }}, {{ key }}, {{ dbt.hash(node) }} as label from {{ edges }}

        )
        {%- for round in range(1, rounds + 1) %}
            ,

            offers_{{ round }} as (

                select
                    {{ node }},
                    {{ key }},
                    label,
                    min(label) over (partition by {{ key }}) as offer
                from labels_{{ round - 1 }}

            ),

            labels_{{ round }} as (

                select
                    {{ node }}, {{ key }}, min(offer) over (partition by label) as label
                from offers_{{ round }}

            )
        {%- endfor %}

    select {{ node }}, min(label) as component_id
    from labels_{{ rounds }}
    group by {{ node }}
{% endmacro %}

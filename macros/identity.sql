{# Who is the same: connected components of records and the keys they share. -#}
{% macro connected_components(edges, node, key, rounds=2, more_rounds=30) %}
    {{
        return(
            adapter.dispatch("connected_components", "hubspot_sync")(
                edges, node, key, rounds, more_rounds
            )
        )
    }}
{% endmacro %}

{#
    Every record starts with its own hash as label. A round takes, under each key, the smallest label of the
    records that carry it, and gives it to everybody who had the same label before. Hashed labels are in no order
    along a chain, so every round leaves about 6 labels of 10: the rounds needed grow with the logarithm of the
    longest chain, 16 for 10,000 records and 26 for a million. Nearly all groups are done after the first rounds.
    Then each label becomes one record, with the keys under which labels still differ, and the other rounds go over
    these few only. Windows only: no recursion, which most warehouses allow without duplicate removal only, and no self
    join, which grows when CTEs are inlined.
#}
{% macro default__connected_components(edges, node, key, rounds, more_rounds) %}
    with
        labels_0 as (

            select {{ node }}, {{ key }}, {{ dbt.hash(node) }} as label from {{ edges }}

        ),

        {{ hubspot_sync.label_rounds(node, key, 1, rounds) }},

        measured as (

            select
                {{ key }},
                label,
                min(label) over (partition by {{ key }}) as first_label,
                max(label) over (partition by {{ key }}) as last_label
            from labels_{{ rounds }}

        ),

        labels_{{ rounds + 1 }} as (

            select distinct label as {{ node }}, {{ key }}, label
            from measured
            where first_label <> last_label

        ),

        {{ hubspot_sync.label_rounds(node, key, rounds + 2, rounds + 1 + more_rounds) }},

        joined as (

            select {{ node }}, min(label) as label
            from labels_{{ rounds + 1 + more_rounds }}
            group by {{ node }}

        ),

        labelled as (

            select {{ node }}, min(label) as label
            from labels_{{ rounds }}
            group by {{ node }}

        )

    select labelled.{{ node }}, coalesce(joined.label, labelled.label) as component_id
    from labelled
    left join joined on labelled.label = joined.{{ node }}
{% endmacro %}

{# CTEs of the rounds first to last, each over the one before. #}
{% macro label_rounds(node, key, first, last) %}
    {%- for round in range(first, last + 1) %}
        offers_{{ round }} as (

            select
                {{ node }},
                {{ key }},
                label,
                min(label) over (partition by {{ key }}) as offer
            from labels_{{ round - 1 }}

        ),

        labels_{{ round }} as (

            select {{ node }}, {{ key }}, min(offer) over (partition by label) as label
            from offers_{{ round }}

        ){{ "," if not loop.last }}
    {%- endfor %}
{% endmacro %}

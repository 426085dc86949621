{#
    Conditions for segments: what a marketer's drop-downs offer, as SQL for a where clause.
    Each is true or false and never null, so that it can stand beside and, or, not.
#}
{% macro is_equal(column, value) %}
    {%- set given = hubspot_sync.segment_comparison("is_equal", column, [value]) -%}
    ({{ given.compared }} = {{ given.literals[0] }} and {{ given.column }} is not null)
{%- endmacro %}

{% macro is_not_equal(column, value) %}
    {%- set given = hubspot_sync.segment_comparison("is_not_equal", column, [value]) -%}
    ({{ given.compared }} <> {{ given.literals[0] }} or {{ given.column }} is null)
{%- endmacro %}

{% macro is_in(column, values) %}
    {%- set given = hubspot_sync.segment_comparison("is_in", column, values) -%}
    (
        {{ given.compared }} in ({{ given.literals | join(", ") }})
        and {{ given.column }} is not null
    )
{%- endmacro %}

{% macro is_not_in(column, values) %}
    {%- set given = hubspot_sync.segment_comparison("is_not_in", column, values) -%}
    (
        {{ given.compared }} not in ({{ given.literals | join(", ") }})
        or {{ given.column }} is null
    )
{%- endmacro %}

{% macro contains(column, text) %}
    {%- set given = hubspot_sync.segment_text("contains", column, text) -%}
    (
        {{ dbt.position(given.literal, given.compared) }} > 0
        and {{ given.column }} is not null
    )
{%- endmacro %}

{% macro starts_with(column, text) %}
    {%- set given = hubspot_sync.segment_text("starts_with", column, text) -%}
    (
        substr({{ given.compared }}, 1, {{ text | length }}) = {{ given.literal }}
        and {{ given.column }} is not null
    )
{%- endmacro %}

{% macro is_blank(column) %}
    {%- set column = hubspot_sync.segment_column("is_blank", column) -%}
    {%- set text = dbt.cast(column, dbt.type_string()) -%}
    ({{ hubspot_sync.trimmed_text(text) }} is null)
{%- endmacro %}

{% macro is_not_blank(column) %}
    {%- set column = hubspot_sync.segment_column("is_not_blank", column) -%}
    {%- set text = dbt.cast(column, dbt.type_string()) -%}
    ({{ hubspot_sync.trimmed_text(text) }} is not null)
{%- endmacro %}

{% macro is_between(column, low, high) %}
    {%- set name = "is_between" -%}
    {%- set column = hubspot_sync.segment_column(name, column) -%}
    {%- set low = hubspot_sync.segment_number(name, column, "low", low) -%}
    {%- set high = hubspot_sync.segment_number(name, column, "high", high) -%}
    {%- if low | float > high | float -%}
        {%- do hubspot_sync.segment_refusal(
            name,
            column,
            "low (" ~ low ~ ") is above high (" ~ high ~ "). Swap the two.",
        ) -%}
    {%- endif -%}
    (
        {{ column }} >= {{ low }}
        and {{ column }} <= {{ high }}
        and {{ column }} is not null
    )
{%- endmacro %}

{% macro is_at_least(column, number) %}
    {%- set column = hubspot_sync.segment_column("is_at_least", column) -%}
    {%- set number = hubspot_sync.segment_number(
        "is_at_least", column, "number", number
    ) -%}
    ({{ column }} >= {{ number }} and {{ column }} is not null)
{%- endmacro %}

{% macro is_at_most(column, number) %}
    {%- set column = hubspot_sync.segment_column("is_at_most", column) -%}
    {%- set number = hubspot_sync.segment_number(
        "is_at_most", column, "number", number
    ) -%}
    ({{ column }} <= {{ number }} and {{ column }} is not null)
{%- endmacro %}

{#
    Customers whose rank by the column, the highest first, is within the percentage of all
    customers that have more than 0 there: the rule of value_tier. Equal values are in or
    out together, so there may be a few more.
#}
{% macro is_in_top_percent(column, percent) %}
    {%- set name = "is_in_top_percent" -%}
    {%- set column = hubspot_sync.segment_column(name, column) -%}
    {#- Any other name would mean the row that is asked about, and everybody would be on top. #}
    {%- if not modules.re.fullmatch(
        "(customer_360[.])?[A-Za-z_][A-Za-z0-9_]*", column
    ) -%}
        {%- do hubspot_sync.segment_refusal(
            name,
            column,
            "that is no plain name of a column of customer_360. Write it as 'revenue'.",
        ) -%}
    {%- endif -%}
    {%- set percent = hubspot_sync.segment_number(name, column, "percent", percent) -%}
    {%- if percent | float <= 0 or percent | float > 100 -%}
        {%- do hubspot_sync.segment_refusal(
            name,
            column,
            "percent is "
            ~ percent
            ~ ". Give a number above 0 and up to 100.",
        ) -%}
    {%- endif -%}
    (
        {{ column }} is not null
        and {{ column }} >= (
            select min(ranked.measure)
            from
                (
                    select
                        {{ column }} as measure,
                        rank() over (order by {{ column }} desc) as place,
                        count(*) over () as customers
                    from {{ ref("hubspot_sync", "customer_360") }} as customer_360
                    where {{ column }} > 0
                ) as ranked
            where ranked.place * 100 <= ranked.customers * {{ percent }}
        )
    )
{%- endmacro %}

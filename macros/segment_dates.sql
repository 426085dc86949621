{#
    Conditions for segments on dates, and on times in UTC: days are those of the calendar in
    UTC. Each is true or false and never null.
#}
{% macro is_before(column, day) %}
    {%- set given = hubspot_sync.segment_days("is_before", column, {"day": day}) -%}
    ({{ given.moment }} < {{ given.starts[0] }} and {{ given.column }} is not null)
{%- endmacro %}

{% macro is_after(column, day) %}
    {%- set given = hubspot_sync.segment_days("is_after", column, {"day": day}) -%}
    ({{ given.moment }} >= {{ given.ends[0] }} and {{ given.column }} is not null)
{%- endmacro %}

{% macro is_on(column, day) %}
    {%- set given = hubspot_sync.segment_days("is_on", column, {"day": day}) -%}
    (
        {{ given.moment }} >= {{ given.starts[0] }}
        and {{ given.moment }} < {{ given.ends[0] }}
        and {{ given.column }} is not null
    )
{%- endmacro %}

{% macro is_between_dates(column, first, last) %}
    {%- set name = "is_between_dates" -%}
    {%- set given = hubspot_sync.segment_days(
        name, column, {"first": first, "last": last}
    ) -%}
    {%- if first > last -%}
        {%- do hubspot_sync.segment_refusal(
            name,
            column,
            "first ("
            ~ first
            ~ ") is after last ("
            ~ last
            ~ "). Swap the two.",
        ) -%}
    {%- endif -%}
    (
        {{ given.moment }} >= {{ given.starts[0] }}
        and {{ given.moment }} < {{ given.ends[1] }}
        and {{ given.column }} is not null
    )
{%- endmacro %}

{% macro is_in_last_days(column, days) %}
    {%- set given = hubspot_sync.segment_last_days("is_in_last_days", column, days) -%}
    (
        {{ given.moment }} >= {{ given.since }}
        and {{ given.moment }} <= {{ hubspot_sync.as_of() }}
        and {{ given.column }} is not null
    )
{%- endmacro %}

{% macro is_not_in_last_days(column, days) %}
    {%- set given = hubspot_sync.segment_last_days(
        "is_not_in_last_days", column, days
    ) -%}
    (
        {{ given.moment }} < {{ given.since }}
        or {{ given.moment }} > {{ hubspot_sync.as_of() }}
        or {{ given.column }} is null
    )
{%- endmacro %}

{# The column as a timestamp, and where each day begins and ends. #}
{% macro segment_days(name, column, days) %}
    {%- set column = hubspot_sync.segment_column(name, column) -%}
    {%- set starts = [] -%}
    {%- set ends = [] -%}
    {%- for argument, day in days.items() -%}
        {%- set date = hubspot_sync.calendar_day(day) -%}
        {%- if date is none -%}
            {%- do hubspot_sync.segment_refusal(
                name,
                column,
                argument
                ~ " is '"
                ~ day
                ~ "'. Write a day as '2026-11-01', from 1000 to 2999.",
            ) -%}
        {%- endif -%}
        {%- set next = date + modules.datetime.timedelta(days=1) -%}
        {%- do starts.append(dbt.cast("'" ~ date ~ "'", dbt.type_timestamp())) -%}
        {%- do ends.append(dbt.cast("'" ~ next ~ "'", dbt.type_timestamp())) -%}
    {%- endfor -%}
    {{
        return(
            {
                "column": column,
                "moment": dbt.cast(column, dbt.type_timestamp()),
                "starts": starts,
                "ends": ends,
            }
        )
    }}
{% endmacro %}

{# The column as a timestamp, and the moment so many days before now. #}
{% macro segment_last_days(name, column, days) %}
    {%- set column = hubspot_sync.segment_column(name, column) -%}
    {%- if days is not integer or days is boolean or days < 1 or days > 36500 -%}
        {%- do hubspot_sync.segment_refusal(
            name,
            column,
            "days is '"
            ~ days
            ~ "'. Give a whole number of days, from 1 to 36500.",
        ) -%}
    {%- endif -%}
    {{
        return(
            {
                "column": column,
                "moment": dbt.cast(column, dbt.type_timestamp()),
                "since": dbt.dateadd("day", -days, hubspot_sync.as_of()),
            }
        )
    }}
{% endmacro %}

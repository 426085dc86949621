{#
    The text of a value as HubSpot takes it, for one type of var hubspot_attributes. What
    is no value of the type stays as it is, so that it costs its own row's update and not
    the build.
#}
{% macro hubspot_property_value(expression, type) %}
    {%- if type == "number" -%}
        {{ return(hubspot_sync.hubspot_number_text(expression)) }}
    {%- elif type == "date" -%} {{ return(hubspot_sync.hubspot_date_text(expression)) }}
    {%- elif type == "datetime" -%}
        {{ return(hubspot_sync.hubspot_datetime_text(expression)) }}
    {%- elif type == "boolean" -%}
        {{ return(hubspot_sync.hubspot_boolean_text(expression)) }}
    {%- elif type == "multi_select" -%}
        {{ return(hubspot_sync.hubspot_multi_select_text(expression)) }}
    {%- endif -%}
    {{ return("cast(" ~ expression ~ " as " ~ dbt.type_string() ~ ")") }}
{% endmacro %}

{#
    Digits and a point: no exponent, no zeros at the end, so that engines agree. Ten places
    are left of what an engine writes with an exponent; above 10 to the 24th it stays one.
#}
{% macro hubspot_number_text(expression) %}
    {%- set text = "trim(cast(" ~ expression ~ " as " ~ dbt.type_string() ~ "))" -%}
    {%- set has_point = hubspot_sync.matches_pattern(text, "^-?[0-9]+[.][0-9]+$") -%}
    {%- set has_exponent = hubspot_sync.matches_pattern(
        text, "^-?[0-9]([.][0-9]+)?[eE]([+]?([01]?[0-9]|2[0-3])|-[0-9]+)$"
    ) -%}
    {#- Guarded once more inside: a constant is cast before its branch is chosen. #}
    {%- set decimal = (
        "cast(cast(case when "
        ~ has_exponent
        ~ " then "
        ~ text
        ~ " end as decimal(38, 10)) as "
        ~ dbt.type_string()
        ~ ")"
    ) -%}
    {{
        return(
            "case when "
            ~ has_point
            ~ " then "
            ~ hubspot_sync.without_trailing_zeros(text)
            ~ " when "
            ~ has_exponent
            ~ " then "
            ~ hubspot_sync.without_trailing_zeros(decimal)
            ~ " else "
            ~ text
            ~ " end"
        )
    }}
{% endmacro %}

{# Zeros behind a point, and the point when nothing is left behind it. #}
{% macro without_trailing_zeros(expression) %}
    {{
        return(
            adapter.dispatch("without_trailing_zeros", "hubspot_sync")(expression)
        )
    }}
{% endmacro %}

{% macro default__without_trailing_zeros(expression) %}
    {{ return("rtrim(rtrim(" ~ expression ~ ", '0'), '.')") }}
{% endmacro %}

{% macro spark__without_trailing_zeros(expression) %}
    {{ return("trim(trailing '.' from trim(trailing '0' from " ~ expression ~ "))") }}
{% endmacro %}

{# `true` or `false`, also from 1 and 0, t and f. #}
{% macro hubspot_boolean_text(expression) %}
    {{ return(adapter.dispatch("hubspot_boolean_text", "hubspot_sync")(expression)) }}
{% endmacro %}

{% macro default__hubspot_boolean_text(expression) %}
    {%- set text = "trim(cast(" ~ expression ~ " as " ~ dbt.type_string() ~ "))" -%}
    {%- set word = hubspot_sync.ascii_lower(text) -%}
    {{
        return(
            "case when "
            ~ word
            ~ " in ('true', 't', '1') then 'true' when "
            ~ word
            ~ " in ('false', 'f', '0') then 'false' else "
            ~ text
            ~ " end"
        )
    }}
{% endmacro %}

{# A boolean is no text here, whatever the cast. #}
{% macro redshift__hubspot_boolean_text(expression) %}
    {{
        return(
            "case when "
            ~ expression
            ~ " then 'true' when not "
            ~ expression
            ~ " then 'false' end"
        )
    }}
{% endmacro %}

{# The day in UTC, YYYY-MM-DD. A time without a zone is UTC; a text stays as it is. #}
{% macro hubspot_date_text(expression) %}
    {{ return(adapter.dispatch("hubspot_date_text", "hubspot_sync")(expression)) }}
{% endmacro %}

{% macro default__hubspot_date_text(expression) %}
    {{ return("to_char(cast(" ~ expression ~ " as timestamp), 'YYYY-MM-DD')") }}
{% endmacro %}

{% macro duckdb__hubspot_date_text(expression) %}
    {{ return(hubspot_sync.duckdb_moment_text(expression, "%Y-%m-%d")) }}
{% endmacro %}

{% macro postgres__hubspot_date_text(expression) %}
    {{ return(hubspot_sync.postgres_moment_text(expression, "YYYY-MM-DD")) }}
{% endmacro %}

{% macro redshift__hubspot_date_text(expression) %}
    {{ return(hubspot_sync.default__hubspot_date_text(expression)) }}
{% endmacro %}

{% macro bigquery__hubspot_date_text(expression) %}
    {{ return("format_timestamp('%Y-%m-%d', cast(" ~ expression ~ " as timestamp))") }}
{% endmacro %}

{% macro spark__hubspot_date_text(expression) %}
    {{ return("date_format(" ~ expression ~ ", 'yyyy-MM-dd')") }}
{% endmacro %}

{# The moment in UTC, ISO 8601 with milliseconds. A time without a zone is UTC; a text stays as it is. #}
{% macro hubspot_datetime_text(expression) %}
    {{ return(adapter.dispatch("hubspot_datetime_text", "hubspot_sync")(expression)) }}
{% endmacro %}

{% macro default__hubspot_datetime_text(expression) %}
    {{
        return(
            "to_char(cast("
            ~ expression
            ~ ' as timestamp), \'YYYY-MM-DD"T"HH24:MI:SS".000Z"\')'
        )
    }}
{% endmacro %}

{% macro duckdb__hubspot_datetime_text(expression) %}
    {{ return(hubspot_sync.duckdb_moment_text(expression, "%Y-%m-%dT%H:%M:%S.%gZ")) }}
{% endmacro %}

{% macro postgres__hubspot_datetime_text(expression) %}
    {{
        return(
            hubspot_sync.postgres_moment_text(
                expression, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
            )
        )
    }}
{% endmacro %}

{% macro redshift__hubspot_datetime_text(expression) %}
    {{ return(hubspot_sync.default__hubspot_datetime_text(expression)) }}
{% endmacro %}

{% macro bigquery__hubspot_datetime_text(expression) %}
    {{
        return(
            "format_timestamp('%Y-%m-%dT%H:%M:%E3SZ', cast("
            ~ expression
            ~ " as timestamp))"
        )
    }}
{% endmacro %}

{% macro spark__hubspot_datetime_text(expression) %}
    {{ return("date_format(" ~ expression ~ ", \"yyyy-MM-dd'T'HH:mm:ss.SSS'Z'\")") }}
{% endmacro %}

{# Only the column knows its type, and a session's time zone must not decide. #}
{% macro duckdb_moment_text(expression, format) %}
    {%- set type = "typeof(" ~ expression ~ ")" -%}
    {%- set with_zone = (
        "timezone('UTC', try_cast(" ~ expression ~ " as timestamptz))"
    ) -%}
    {%- set without = "try_cast(" ~ expression ~ " as timestamp)" -%}
    {{
        return(
            "case when "
            ~ type
            ~ " = 'VARCHAR' then cast("
            ~ expression
            ~ " as varchar) when "
            ~ type
            ~ " = 'TIMESTAMP WITH TIME ZONE' then strftime("
            ~ with_zone
            ~ ", '"
            ~ format
            ~ "') else strftime("
            ~ without
            ~ ", '"
            ~ format
            ~ "') end"
        )
    }}
{% endmacro %}

{% macro postgres_moment_text(expression, format) %}
    {%- set type = "cast(pg_typeof(" ~ expression ~ ") as text)" -%}
    {%- set with_zone = (
        "cast(cast("
        ~ expression
        ~ " as text) as timestamptz) at time zone 'UTC'"
    ) -%}
    {%- set without = "cast(cast(" ~ expression ~ " as text) as timestamp)" -%}
    {{
        return(
            "case when "
            ~ type
            ~ " = 'timestamp with time zone' then to_char("
            ~ with_zone
            ~ ", '"
            ~ format
            ~ "') when "
            ~ type
            ~ " in ('date', 'timestamp without time zone') then to_char("
            ~ without
            ~ ", '"
            ~ format
            ~ "') else cast("
            ~ expression
            ~ " as text) end"
        )
    }}
{% endmacro %}

{# Several choices with ; between them: a text that is so already, or an array where the engine tells one. #}
{% macro hubspot_multi_select_text(expression) %}
    {{
        return(
            adapter.dispatch("hubspot_multi_select_text", "hubspot_sync")(expression)
        )
    }}
{% endmacro %}

{% macro default__hubspot_multi_select_text(expression) %}
    {{ return("cast(" ~ expression ~ " as " ~ dbt.type_string() ~ ")") }}
{% endmacro %}

{% macro duckdb__hubspot_multi_select_text(expression) %}
    {{
        return(
            "case when typeof("
            ~ expression
            ~ ") like '%[]' then array_to_string(try_cast("
            ~ expression
            ~ " as varchar[]), ';') else cast("
            ~ expression
            ~ " as varchar) end"
        )
    }}
{% endmacro %}

{% macro postgres__hubspot_multi_select_text(expression) %}
    {{
        return(
            "case when cast(pg_typeof("
            ~ expression
            ~ ") as text) like '%[]' then array_to_string(cast(cast("
            ~ expression
            ~ " as text) as text[]), ';') else cast("
            ~ expression
            ~ " as text) end"
        )
    }}
{% endmacro %}

{% macro redshift__hubspot_multi_select_text(expression) %}
    {{ return(hubspot_sync.default__hubspot_multi_select_text(expression)) }}
{% endmacro %}

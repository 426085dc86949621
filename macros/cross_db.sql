{# Small SQL functions that warehouses spell differently. -#}
{% macro text_literal(text) %}
    {{ return(adapter.dispatch("text_literal", "hubspot_sync")(text)) }}
{% endmacro %}

{% macro default__text_literal(text) %}
    {{ return("'" ~ text | replace("'", "''") ~ "'") }}
{% endmacro %}

{# A backslash in a literal is an escape here. #}
{% macro snowflake__text_literal(text) %}
    {{ return("'" ~ text | replace("\\", "\\\\") | replace("'", "''") ~ "'") }}
{% endmacro %}

{% macro redshift__text_literal(text) %}
    {{ return("'" ~ text | replace("\\", "\\\\") | replace("'", "''") ~ "'") }}
{% endmacro %}

{# Spark joins two literals that follow each other, so a quote is not doubled. #}
{% macro spark__text_literal(text) %}
    {{ return("'" ~ text | replace("\\", "\\\\") | replace("'", "\\'") ~ "'") }}
{% endmacro %}

{# BigQuery refuses a line break inside a literal; JSON's escapes are BigQuery's too. #}
{% macro bigquery__text_literal(text) %} {{ return(tojson(text)) }} {% endmacro %}

{% macro strip_characters(expression, characters) %}
    {{
        return(
            adapter.dispatch("strip_characters", "hubspot_sync")(
                expression, characters
            )
        )
    }}
{% endmacro %}

{% macro default__strip_characters(expression, characters) %}
    {{
        return(
            "trim(" ~ expression ~ ", " ~ hubspot_sync.text_literal(characters) ~ ")"
        )
    }}
{% endmacro %}

{% macro postgres__strip_characters(expression, characters) %}
    {{
        return(
            "btrim(" ~ expression ~ ", " ~ hubspot_sync.text_literal(characters) ~ ")"
        )
    }}
{% endmacro %}

{% macro spark__strip_characters(expression, characters) %}
    {{
        return(
            "trim(both "
            ~ hubspot_sync.text_literal(characters)
            ~ " from "
            ~ expression
            ~ ")"
        )
    }}
{% endmacro %}

{% macro matches_pattern(expression, pattern) %}
    {{
        return(
            adapter.dispatch("matches_pattern", "hubspot_sync")(expression, pattern)
        )
    }}
{% endmacro %}

{% macro default__matches_pattern(expression, pattern) %}
    {{
        return(
            "regexp_like("
            ~ expression
            ~ ", "
            ~ hubspot_sync.text_literal(pattern)
            ~ ")"
        )
    }}
{% endmacro %}

{% macro duckdb__matches_pattern(expression, pattern) %}
    {{
        return(
            "regexp_matches("
            ~ expression
            ~ ", "
            ~ hubspot_sync.text_literal(pattern)
            ~ ")"
        )
    }}
{% endmacro %}

{% macro postgres__matches_pattern(expression, pattern) %}
    {{ return(expression ~ " ~ " ~ hubspot_sync.text_literal(pattern)) }}
{% endmacro %}

{% macro bigquery__matches_pattern(expression, pattern) %}
    {{
        return(
            "regexp_contains("
            ~ expression
            ~ ", "
            ~ hubspot_sync.text_literal(pattern)
            ~ ")"
        )
    }}
{% endmacro %}

{% macro spark__matches_pattern(expression, pattern) %}
    {{ return(expression ~ " rlike " ~ hubspot_sync.text_literal(pattern)) }}
{% endmacro %}

{% macro ascii_lower(expression) %}
    {{ return(adapter.dispatch("ascii_lower", "hubspot_sync")(expression)) }}
{% endmacro %}

{# Never lower(): it turns the Kelvin sign into k, and each engine and locale has its own idea of the rest. #}
{% macro default__ascii_lower(expression) %}
    {{
        return(
            "translate("
            ~ expression
            ~ ", 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')"
        )
    }}
{% endmacro %}

{% macro json_text(expression) %}
    {{ return(adapter.dispatch("json_text", "hubspot_sync")(expression)) }}
{% endmacro %}

{# No JSON function at hand (Redshift): escape by replacing. chr(), since a backslash in a literal is read both ways. #}
{% macro default__json_text(expression) %}
    {%- set escaped = namespace(
        sql="replace(" ~ expression ~ ", chr(92), chr(92) || chr(92))"
    ) -%}
    {%- set escaped.sql = (
        "replace(" ~ escaped.sql ~ ", chr(34), chr(92) || chr(34))"
    ) -%}
    {%- for code in range(1, 32) -%}
        {%- set escaped.sql = (
            "replace("
            ~ escaped.sql
            ~ ", chr("
            ~ code
            ~ "), chr(92) || 'u"
            ~ "%04x"
            | format(code) ~ "')"
        ) -%}
    {%- endfor -%}
    {{ return("chr(34) || " ~ escaped.sql ~ " || chr(34)") }}
{% endmacro %}

{% macro duckdb__json_text(expression) %}
    {{ return("cast(to_json(" ~ expression ~ ") as " ~ dbt.type_string() ~ ")") }}
{% endmacro %}

{% macro postgres__json_text(expression) %}
    {{ return("cast(to_json(" ~ expression ~ ") as " ~ dbt.type_string() ~ ")") }}
{% endmacro %}

{# Redshift is looked up as Postgres next, and has no to_json. #}
{% macro redshift__json_text(expression) %}
    {{ return(hubspot_sync.default__json_text(expression)) }}
{% endmacro %}

{% macro snowflake__json_text(expression) %}
    {{ return("to_json(to_variant(" ~ expression ~ "))") }}
{% endmacro %}

{% macro bigquery__json_text(expression) %}
    {{ return("to_json_string(" ~ expression ~ ")") }}
{% endmacro %}

{# Spark writes only structs, maps and arrays as JSON: take the brackets off an array of one. #}
{% macro spark__json_text(expression) %}
    {{ return("regexp_replace(to_json(array(" ~ expression ~ ")), '^[[]|[]]$', '')") }}
{% endmacro %}

{% macro as_of() %}
    {%- set moment = var("as_of", none) or run_started_at.strftime(
        "%Y-%m-%d %H:%M:%S"
    ) -%}
    {%- set pattern = "[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?" -%}
    {%- if not modules.re.fullmatch(pattern, moment | string) -%}
        {{
            exceptions.raise_compiler_error(
                "Var as_of is '"
                ~ moment
                ~ "'. Write a UTC time as 'YYYY-MM-DD HH:MM:SS'."
            )
        }}
    {%- endif -%}
    {{ return("cast('" ~ moment ~ "' as " ~ dbt.type_timestamp() ~ ")") }}
{% endmacro %}

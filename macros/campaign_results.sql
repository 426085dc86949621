{# Arithmetic of `campaign_results`. Its formulae and where they come from: docs/read-the-results.md. -#}
{# A bound of Wilson's score interval of a share; null for nobody. #}
{% macro wilson_bound(successes, total, z, side) %}
    {%- set float = hubspot_sync.float_type() -%}
    {%- set x = "cast(" ~ successes ~ " as " ~ float ~ ")" -%}
    {%- set n = "nullif(cast(" ~ total ~ " as " ~ float ~ "), 0)" -%}
    (
        2 * {{ x }} + {{ z }} * {{ z }} {{ "-" if side == "lower" else "+" }}
        {{ z }} * sqrt({{ z }} * {{ z }} + 4 * {{ x }} * (1 - {{ x }} / {{ n }}))
    )
    / (2 * ({{ n }} + {{ z }} * {{ z }}))
{% endmacro %}

{# Binary floating point of 64 bits. dbt's own type_float has 32 on DuckDB and Spark. #}
{% macro float_type() %}
    {{ return(adapter.dispatch("float_type", "hubspot_sync")()) }}
{% endmacro %}

{% macro default__float_type() %} {{ return("double precision") }} {% endmacro %}

{% macro bigquery__float_type() %} {{ return("float64") }} {% endmacro %}

{% macro spark__float_type() %} {{ return("double") }} {% endmacro %}

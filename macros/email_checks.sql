{# What the strict rules strip from both ends of an address: white space, invisible marks, direction marks. -#}
{% macro email_padding() %}
    {{
        return(
            "\t\n\u000b\u000c\r \u0085\u00a0\u00ad\u1680"
            ~ "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
            ~ "\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e"
            ~ "\u202f\u205f\u2060\u2066\u2067\u2068\u2069\u3000\ufeff"
        )
    }}
{% endmacro %}

{% macro clean_email(expression) %}
    {{ return(adapter.dispatch("clean_email", "hubspot_sync")(expression)) }}
{% endmacro %}

{% macro default__clean_email(expression) %}
    {%- set padding = hubspot_sync.email_padding() -%}
    {%- set stripped = hubspot_sync.strip_characters(expression, padding) -%}
    {%- set bare = hubspot_sync.strip_characters(
        "regexp_replace("
        ~ stripped
        ~ ", '^[Mm][Aa][Ii][Ll][Tt][Oo]:', '')",
        padding,
    ) -%}
    {%- set unwrapped -%}
        case when {{ bare }} like '<%>' then substr({{ bare }}, 2, {{ dbt.length(bare) }} - 2) else {{ bare }} end
    {%- endset -%}
    {%- set plain = (
        "'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'"
    ) -%}
    {#- Nearly all begin and end with a plain character and hold no colon: nothing to strip, at a fifth of the cost. #}
    case
        when
            {{ dbt.position("substr(" ~ expression ~ ", 1, 1)", plain) }} > 0
            and {{ dbt.position(dbt.right(expression, 1), plain) }} > 0
            and {{ dbt.position("':'", expression) }} = 0
        then {{ expression }}
        else {{ hubspot_sync.strip_characters(unwrapped, padding) }}
    end
{% endmacro %}

{% macro email_key(expression) %}
    {{ return(adapter.dispatch("email_key", "hubspot_sync")(expression)) }}
{% endmacro %}

{% macro default__email_key(expression) %}
    {{ return(hubspot_sync.ascii_lower(hubspot_sync.clean_email(expression))) }}
{% endmacro %}

{% macro coarse_email_problem(expression, cleaned=none) %}
    {{
        return(
            adapter.dispatch("coarse_email_problem", "hubspot_sync")(
                expression, cleaned or hubspot_sync.clean_email(expression)
            )
        )
    }}
{% endmacro %}

{% macro default__coarse_email_problem(expression, cleaned) %}
    {%- set white_space = [" ", "\t", "\r", "\n", "\u000b", "\u000c"] -%}
    {#- The ideographic, full-width and half-width full stops that IDNA reads as dots. #}
    {%- set dots = [".", "\u3002", "\uff0e", "\uff61"] -%}
    {#- An address with no other fault than perhaps its last label, which is letters only. With 64 characters in all
        none of the length limits is broken, and where no two hyphens meet no label is an A-label or reserved. #}
    {%- set atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+" -%}
    {%- set label = "[A-Za-z0-9]+(-[A-Za-z0-9]+)*" -%}
    {%- set plain = "^" ~ atom ~ "([.]" ~ atom ~ ")*@(" ~ label ~ "[.])+[A-Za-z]+$" -%}
    {%- set last_label = hubspot_sync.ascii_lower(
        "regexp_replace(" ~ cleaned ~ ", '^.*[.]', '')"
    ) -%}
    case
        when {{ expression }} is null
        then 'missing'
        when {{ dbt.length(expression) }} > 4096
        then 'too_long'
        when {{ cleaned }} = ''
        then 'missing'
        when {{ dbt.length(cleaned) }} > 254
        then 'too_long'
        when {{ cleaned }} like '%"%'
        then 'quote'
        when {{ cleaned }} like '%<%' or {{ cleaned }} like '%>%'
        then 'display_name'
        when
            {%- for character in white_space %}
                {{ cleaned }}
                like {{ hubspot_sync.text_literal("%" ~ character ~ "%") }}
                {%- if not loop.last %} or{% endif %}
            {%- endfor %}
        then 'white_space'
        when {{ cleaned }} not like '%@%'
        then 'no_at'
        when {{ cleaned }} like '%@%@%'
        then 'several_at'
        when
            {{ cleaned }} like '@%'
            or {{ cleaned }} like '.%'
            or {{ cleaned }} like '%.@%'
            or {{ cleaned }} like '%..%@%'
        then 'local_dots'
        when
            {%- for dot in dots %}
                {{ cleaned }}
                not like {{ hubspot_sync.text_literal("%@%" ~ dot ~ "%") }}
                {%- if not loop.last %} and{% endif %}
            {%- endfor %}
        then 'no_dot'
        when
            -- Most end so: it spares them the rest, which costs more than all above.
            {{ cleaned }} not like '%.com'
            and {{ dbt.length(cleaned) }} <= 64
            and {{ hubspot_sync.matches_pattern(cleaned, plain) }}
            and {{ last_label }} not in (
                {%- for tld in hubspot_sync.hubspot_tlds() if "-" not in tld -%}
                    '{{ tld }}'{% if not loop.last %}, {% endif %}
                {%- endfor -%}
            )
        then 'tld'
    end
{% endmacro %}

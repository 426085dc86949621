{# What people type, in the form in which two records can be compared. Null where nothing usable is left. -#}
{% macro trimmed_text(expression) %}
    {{
        return(
            "nullif("
            ~ hubspot_sync.strip_characters(expression, " \t\r\n\u00a0")
            ~ ", '')"
        )
    }}
{% endmacro %}

{% macro phone_key(expression, country="null") %}
    {{ return(adapter.dispatch("phone_key", "hubspot_sync")(expression, country)) }}
{% endmacro %}

{#
    +49 (0)30 1234, 0049-30-1234 and, in Germany, 030 1234 are one number. Without a country a number keeps its zero and
    is equal to itself only. E.164 ends at 15 digits; below 7 it is an extension. One digit repeated stands for none.
#}
{% macro default__phone_key(expression, country) %}
    {%- set international -%}
        case
            when {{ expression }} like '%+%' or {{ expression }} like '00%'
            then replace({{ expression }}, '(0)', '')
            else {{ expression }}
        end
    {%- endset -%}
    {%- set digits = hubspot_sync.keep_characters(international, "0-9+") -%}
    {%- set dialled = "regexp_replace(" ~ digits ~ ", '^(00|[+]+0*)', '+')" -%}
    {%- set number = (
        dialled
        if country == "null"
        else hubspot_sync.phone_abroad(dialled, country)
    ) -%}
    case
        when
            {{ hubspot_sync.matches_pattern(dialled, "^[+]?[0-9]{7,15}$") }}
            and replace(
                replace({{ dialled }}, '+', ''), {{ dbt.right(dialled, 1) }}, ''
            )
            <> ''
        then {{ number }}
    end
{% endmacro %}

{# A number as it is dialled in its country, with the country's code. #}
{% macro phone_abroad(dialled, country) %}
    {%- set codes = hubspot_sync.calling_codes() -%}
    {%- set code -%}
        case {{ country }}
            {%- for iso, code in codes.items() %}
            when '{{ iso }}' then '{{ code.lstrip("=") }}'
            {%- endfor %}
        end
    {%- endset -%}
    {%- set whole = [] -%}
    {%- for iso, code in codes.items() if code.startswith("=") -%}
        {%- do whole.append("'" ~ iso ~ "'") -%}
    {%- endfor -%}
    case
        when {{ dialled }} like '+%' or {{ code }} is null
        then {{ dialled }}
        when {{ country }} in ('US', 'CA') and {{ dialled }} like '1%'
        then {{ dbt.concat(["'+'", dialled]) }}
        when {{ country }} in ({{ whole | join(", ") }})
        then {{ dbt.concat(["'+'", code, dialled]) }}
        when {{ dialled }} like '0%'
        then {{ dbt.concat(["'+'", code, "substr(" ~ dialled ~ ", 2)"]) }}
        else {{ dialled }}
    end
{% endmacro %}

{# By country. Where = stands before the code, a number is dialled whole at home; elsewhere with a zero before it. #}
{% macro calling_codes() %}
    {{
        return(
            {
                "AE": "971",
                "AR": "54",
                "AT": "43",
                "AU": "61",
                "BA": "387",
                "BE": "32",
                "BG": "359",
                "BR": "55",
                "CA": "=1",
                "CH": "41",
                "CL": "=56",
                "CN": "86",
                "CO": "=57",
                "CY": "=357",
                "CZ": "=420",
                "DE": "49",
                "DK": "=45",
                "EE": "=372",
                "EG": "20",
                "ES": "=34",
                "FI": "358",
                "FR": "33",
                "GB": "44",
                "GR": "=30",
                "HK": "=852",
                "HR": "385",
                "ID": "62",
                "IE": "353",
                "IL": "972",
                "IN": "91",
                "IS": "=354",
                "IT": "=39",
                "JP": "81",
                "KE": "254",
                "KR": "82",
                "LI": "=423",
                "LU": "=352",
                "LV": "=371",
                "MA": "212",
                "MT": "=356",
                "MX": "=52",
                "MY": "60",
                "NG": "234",
                "NL": "31",
                "NO": "=47",
                "NZ": "64",
                "PE": "51",
                "PH": "63",
                "PK": "92",
                "PL": "=48",
                "PT": "=351",
                "RO": "40",
                "RS": "381",
                "SA": "966",
                "SE": "46",
                "SG": "=65",
                "SI": "386",
                "SK": "421",
                "TH": "66",
                "TN": "=216",
                "TR": "90",
                "TW": "886",
                "UA": "380",
                "US": "=1",
                "VN": "84",
                "ZA": "27",
            }
        )
    }}
{% endmacro %}

{% macro keep_characters(expression, characters) %}
    {{
        return(
            adapter.dispatch("keep_characters", "hubspot_sync")(
                expression, characters
            )
        )
    }}
{% endmacro %}

{% macro default__keep_characters(expression, characters) %}
    {{ return("regexp_replace(" ~ expression ~ ", '[^" ~ characters ~ "]', '')") }}
{% endmacro %}

{# These replace the first match only, unless told otherwise. #}
{% macro duckdb__keep_characters(expression, characters) %}
    {{
        return(
            "regexp_replace(" ~ expression ~ ", '[^" ~ characters ~ "]', '', 'g')"
        )
    }}
{% endmacro %}

{% macro postgres__keep_characters(expression, characters) %}
    {{
        return(
            "regexp_replace(" ~ expression ~ ", '[^" ~ characters ~ "]', '', 'g')"
        )
    }}
{% endmacro %}

{# Looked up as Postgres next, but replaces all and knows no such flag. #}
{% macro redshift__keep_characters(expression, characters) %}
    {{ return(hubspot_sync.default__keep_characters(expression, characters)) }}
{% endmacro %}

{% macro name_key(expression) %}
    {{ return(adapter.dispatch("name_key", "hubspot_sync")(expression)) }}
{% endmacro %}

{# Lower case without accents, and without whatever stands between the parts of a name. #}
{% macro default__name_key(expression) %}
    {%- set between = " \t\r\n\u00a0-'\u2019\u2018`\u00b4.,\u00b7\u2010\u2011\u2013" -%}
    nullif(
        translate(
            {{ hubspot_sync.unaccented(expression) }},
            {{ hubspot_sync.text_literal(between) }},
            ''
        ),
        ''
    )
{% endmacro %}

{% macro unaccented(expression) %}
    {{ return(adapter.dispatch("unaccented", "hubspot_sync")(expression)) }}
{% endmacro %}

{# By a table: lower() follows the locale of each warehouse. Most names are ASCII, and spared the long table. #}
{% macro default__unaccented(expression) %}
    {%- set letters, bare_letters, marks = hubspot_sync.hubspot_letters() -%}
    {%- set folded = (
        "translate("
        ~ hubspot_sync.ascii_lower(expression)
        ~ ", "
        ~ hubspot_sync.text_literal(letters ~ marks)
        ~ ", '"
        ~ bare_letters
        ~ "')"
    ) -%}
    case
        when {{ hubspot_sync.matches_pattern(expression, "^[ -~]*$") }}
        then {{ hubspot_sync.ascii_lower(expression) }}
        else {{ hubspot_sync.spelled_out(folded) }}
    end
{% endmacro %}

{# Its translate() is slow with a long table, and its lower() the same everywhere. #}
{% macro duckdb__unaccented(expression) %}
    case
        when {{ hubspot_sync.matches_pattern(expression, "^[ -~]*$") }}
        then lower({{ expression }})
        else
            {{
                hubspot_sync.spelled_out(
                    "translate(strip_accents(lower("
                    ~ expression
                    ~ ")), 'øłđðıħŧς', 'olddihtσ')"
                )
            }}
    end
{% endmacro %}

{# Letters that become two. #}
{% macro spelled_out(expression) %}
    {%- set spelled = namespace(sql=expression) -%}
    {%- for letter, letters in [
        ("ß", "ss"),
        ("æ", "ae"),
        ("œ", "oe"),
        ("þ", "th"),
    ] -%}
        {%- set spelled.sql = (
            "replace("
            ~ spelled.sql
            ~ ", '"
            ~ letter
            ~ "', '"
            ~ letters
            ~ "')"
        ) -%}
    {%- endfor -%}
    {{ return(spelled.sql) }}
{% endmacro %}

{# Of a name in one piece: what stands behind the last space, or before the comma. #}
{% macro surname_of(full_name) %}
    case
        when {{ full_name }} like '%,%'
        then {{ hubspot_sync.trimmed_text(dbt.split_part(full_name, "','", 1)) }}
        else regexp_replace({{ full_name }}, '^.* ', '')
    end
{% endmacro %}

{% macro given_name_of(full_name) %}
    case
        when {{ full_name }} like '%,%'
        then {{ hubspot_sync.trimmed_text(dbt.split_part(full_name, "','", 2)) }}
        when {{ full_name }} like '% %'
        then
            {{
                hubspot_sync.trimmed_text(
                    "regexp_replace(" ~ full_name ~ ", ' [^ ]*$', '')"
                )
            }}
    end
{% endmacro %}

{% macro plausible_birthdate(expression) %}
    {{ return(adapter.dispatch("plausible_birthdate", "hubspot_sync")(expression)) }}
{% endmacro %}

{#
    A date that a living person may have, from text in ISO 8601. A pattern and not a cast finds out whether it is one,
    since a cast that fails fails the build. Systems fill the field with the first day of 1900 and with days to come.
#}
{% macro default__plausible_birthdate(expression) %}
    {%- set day = "substr(" ~ expression ~ ", 1, 10)" -%}
    {%- set days = (
        "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
        ~ "|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
        ~ "|02-(0[1-9]|1[0-9]|2[0-8]))"
    ) -%}
    {%- set leap_day = "(19|20)(0[48]|[2468][048]|[13579][26])-02-29|2000-02-29" -%}
    {%- set pattern = "^((19|20)[0-9][0-9]-" ~ days ~ "|" ~ leap_day ~ ")$" -%}
    case
        when
            {{ hubspot_sync.matches_pattern(day, pattern) }}
            and {{ day }} <> '1900-01-01'
            and {{ day }} <= substr(
                cast({{ hubspot_sync.as_of() }} as {{ dbt.type_string() }}), 1, 10
            )
        then cast({{ day }} as date)
    end
{% endmacro %}

{% macro postal_key(expression) %}
    {{ return(adapter.dispatch("postal_key", "hubspot_sync")(expression)) }}
{% endmacro %}

{# Capitals and digits only; of ZIP+4 the ZIP. #}
{% macro default__postal_key(expression) %}
    nullif(
        {{
            hubspot_sync.keep_characters(
                hubspot_sync.ascii_upper(hubspot_sync.zip_code(expression)),
                "A-Z0-9",
            )
        }},
        ''
    )
{% endmacro %}

{% macro zip_code(expression) %}
    case
        when {{ hubspot_sync.matches_pattern(expression, "^[0-9]{5}-[0-9]{4}$") }}
        then substr({{ expression }}, 1, 5)
        else {{ expression }}
    end
{% endmacro %}

{% macro country_code(expression) %}
    {{ return(adapter.dispatch("country_code", "hubspot_sync")(expression)) }}
{% endmacro %}

{# ISO 3166-1 alpha-2; the two codes that are in use beside it; anything else stays as it is. #}
{% macro default__country_code(expression) %}
    {%- set code = hubspot_sync.ascii_upper(expression) -%}
    case
        when {{ code }} = 'UK'
        then 'GB'
        when {{ code }} = 'EL'
        then 'GR'
        when {{ dbt.length(expression) }} = 2
        then {{ code }}
        else {{ expression }}
    end
{% endmacro %}

{% macro ascii_upper(expression) %}
    {{
        return(
            "translate("
            ~ expression
            ~ ", 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')"
        )
    }}
{% endmacro %}

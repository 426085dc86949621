{# What each reason code means, for people. Written by generate.py; do not edit. -#}
{% macro hubspot_email_reasons() %}
    {{
        return(
            {
                "missing": "There is no address: the value is null, not text, or empty after the clean-up.",
                "too_long": "The address is longer than 254 characters.",
                "quote": "The address has a double quote; HubSpot takes no quoted local part.",
                "display_name": "The address has an angle bracket, as in a display name before the address.",
                "white_space": "The address has white space inside.",
                "no_at": "The address has no @-sign.",
                "several_at": "The address has more than one @-sign.",
                "local_dots": "The part before the @-sign is empty, or has a dot at an end or two dots in a row.",
                "no_dot": "The part after the @-sign has no dot.",
                "control_character": "The address has a control character inside.",
                "non_ascii_local": "The part before the @-sign has a character outside ASCII.",
                "local_too_long": "The part before the @-sign is longer than 64 characters.",
                "domain_literal": "The part after the @-sign is an address in brackets, not a domain name.",
                "local_syntax": "The part before the @-sign has a character that is not allowed there.",
                "tld": "The domain ends in a name that is not a top-level domain for mail in IANA's list.",
                "domain_too_long": "The domain, one of its labels, or the whole address is too long for DNS or mail.",
                "domain_syntax": "The part after the @-sign is not a valid domain name.",
            }
        )
    }}
{% endmacro %}

#compdef mkt
_mkt() {
  local value text
  local -a values shown
  while IFS=$'\t' read -r value text; do
    if [[ $value == :files ]]; then
      _files
      return
    fi
    values+=("$value")
    shown+=("$value${text:+  -- $text}")
  done < <("${words[1]}" complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null </dev/null)
  (( ${#values} )) && compadd -V mkt -l -d shown -a values
}
if [[ $funcstack[1] == _mkt ]]; then _mkt "$@"; else compdef _mkt mkt; fi

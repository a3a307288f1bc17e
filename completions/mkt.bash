# bash completion for mkt
_mkt() {
  local rest=$COMP_LINE word cur i gap
  local -a words=() values=() texts=()
  # Bash also splits at : = and @, which stand inside of our words: put together what no blank separates.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    gap=${rest%%[![:blank:]]*}
    rest=${rest#"$gap"}
    rest=${rest#"$word"}
    if [[ $i -eq 0 || -n $gap ]]; then words+=("$word"); else words[${#words[@]}-1]+=$word; fi
  done
  cur=${words[${#words[@]}-1]}
  # What bash replaces is only the part after the last of those characters.
  local cut=${cur%"$2"} value text
  COMPREPLY=()
  while IFS=$'\t' read -r value text; do
    if [[ $value == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "$2")
      return
    fi
    values+=("${value#"$cut"}")
    texts+=("$text")
  done < <("${words[0]}" complete -- "${words[@]:1}" 2>/dev/null </dev/null)
  # A list that is only shown also says what each one is.
  if [[ $COMP_TYPE -eq 63 && ${#values[@]} -gt 1 ]]; then
    for i in "${!values[@]}"; do
      text=${texts[i]:+  (${texts[i]})}
      COMPREPLY+=("${values[i]}$text")
    done
  else
    COMPREPLY=("${values[@]}")
  fi
  if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o nosort -F _mkt mkt 2>/dev/null || complete -F _mkt mkt

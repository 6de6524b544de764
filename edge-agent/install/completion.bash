_gitops_agent() {
  local IFS=$'\n'
  COMPREPLY=($(compgen -W "$(gitops-agent "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _gitops_agent gitops-agent

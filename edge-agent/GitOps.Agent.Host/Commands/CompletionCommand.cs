using System.CommandLine;

namespace GitOps.Agent.Host.Commands;

/// <summary><c>gitops-agent completion bash|zsh|fish</c>: a script that asks this program itself what fits.</summary>
internal static class CompletionCommand
{
    private static readonly Dictionary<string, string> Scripts = new(StringComparer.Ordinal)
    {
        ["bash"] = """
            _gitops_agent() {
              local IFS=$'\n'
              COMPREPLY=($(compgen -W "$(gitops-agent "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -F _gitops_agent gitops-agent
            """,
        ["zsh"] = """
            #compdef gitops-agent
            _gitops_agent() {
              local -a found
              found=("${(@f)$(gitops-agent "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
              compadd -a found
            }
            compdef _gitops_agent gitops-agent
            """,
        ["fish"] = """
            complete -c gitops-agent -f -a '(gitops-agent "[suggest:"(commandline -C)"]" (commandline -cp) 2>/dev/null)'
            """,
    };

    public static Command Build()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong([.. Scripts.Keys]);
        var command = new Command("completion", "Prints a completion script: source <(gitops-agent completion bash)") { shell };
        command.SetAction(parsed => Console.Out.WriteLine(Scripts[parsed.GetRequiredValue(shell)]));
        return command;
    }
}

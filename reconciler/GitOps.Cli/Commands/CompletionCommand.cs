using System.CommandLine;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops completion SHELL</c>: prints a script that asks this program what could come next.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # bash: gitops completion bash > /etc/bash_completion.d/gitops
        _gitops() {
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$(gitops "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _gitops gitops
        """;

    private const string Zsh = """
        #compdef gitops
        # zsh: gitops completion zsh > "${fpath[1]}/_gitops"
        _gitops() { compadd -- ${(f)"$(gitops "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)"} }
        compdef _gitops gitops
        """;

    private const string Fish = """
        # fish: gitops completion fish > ~/.config/fish/completions/gitops.fish
        complete -f -c gitops -a '(gitops "[suggest:"(commandline -C)"]" (commandline) 2>/dev/null)'
        """;

    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print the completion script of a shell") { shell };
        command.SetAction(parsed =>
        {
            Console.Out.WriteLine(parsed.GetRequiredValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish });
            return ExitCode.Done;
        });
        return command;
    }
}

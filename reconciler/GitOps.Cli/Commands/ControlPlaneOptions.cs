using System.CommandLine;
using GitOps.Bundles;
using GitOps.Cli.Output;
using GitOps.ControlPlane.Api;
using Command = System.CommandLine.Command;

namespace GitOps.Cli.Commands;

/// <summary>How commands reach a running control plane: flag, then environment, then what <c>gitops serve</c> uses here.</summary>
internal sealed class ControlPlaneOptions
{
    private const string DefaultServer = "http://127.0.0.1:8080";

    public Option<Uri> Server { get; } = new("--server", "-s")
    {
        Description = $"people's endpoint of the control plane [GITOPS_SERVER, {DefaultServer}]",
        HelpName = "url",
        DefaultValueFactory = _ => new Uri(Environment.GetEnvironmentVariable("GITOPS_SERVER") ?? DefaultServer),
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var address) && address is { Scheme: "http" or "https" })
            {
                return address;
            }

            result.AddError($"'{result.Tokens[0].Value}' is not an http:// or https:// address");
            return null;
        },
    };

    public Option<string?> TokenFile { get; } = new("--token-file")
    {
        Description = "file with the people's token [GITOPS_TOKEN_FILE, or GITOPS_TOKEN with the token itself]",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("GITOPS_TOKEN_FILE"),
    };

    public void AddTo(Command command)
    {
        command.Options.Add(Server);
        command.Options.Add(TokenFile);
    }

    /// <summary>Whether somebody named a control plane, so that a command that can do without asks it.</summary>
    public bool IsNamed(ParseResult parsed) =>
        parsed.GetResult(Server) is { Implicit: false } || Environment.GetEnvironmentVariable("GITOPS_SERVER") is not null;

    /// <summary>Runs with a client of the control plane; says why when its token cannot be read.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> WithClientAsync(ParseResult parsed, Func<ApiClient, Task<int>> use)
    {
        var (token, unreadable) = Token(parsed);
        if (unreadable is not null)
        {
            return Problems.Print(unreadable, ExitCode.Usage);
        }

        using var http = new HttpClient { BaseAddress = parsed.GetRequiredValue(Server) };
        return await use(new ApiClient(http, token));
    }

    /// <summary>The token, empty when none is given; or why it cannot be read.</summary>
    public (string Token, Problem? Problem) Token(ParseResult parsed)
    {
        try
        {
            return (parsed.GetValue(TokenFile) is { } file
                ? File.ReadAllText(file).Trim()
                : Environment.GetEnvironmentVariable("GITOPS_TOKEN") ?? "", null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ("", new Problem(CliCodes.Unreadable, $"the token cannot be read: {e.Message}", "name the file with --token-file"));
        }
    }
}

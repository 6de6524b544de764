using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using GitOps.Cli.Output;
using GitOps.ControlPlane.Api;
using GitOps.ControlPlane.Identity;
using GitOps.Manifests.Shapes;
using Spectre.Console;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops enroll create | list | revoke</c>: one-time tokens with which machines become nodes.</summary>
internal static class EnrollCommand
{
    public static Command Create() => new("enroll", "Let machines become nodes, with one-time tokens") { CreateToken(), List(), Revoke() };

    private static Command CreateToken()
    {
        var name = new Argument<string>("node") { Description = "the node, as its EdgeNode is called" };
        var expires = new Option<TimeSpan>("--expires")
        {
            Description = "how long the token is good for, at most 90d [24h]",
            HelpName = "duration",
            DefaultValueFactory = _ => EnrolmentToken.DefaultLife,
            CustomParser = result =>
            {
                if (Quantities.TryParseDuration(result.Tokens[0].Value, out var life) && life >= TimeSpan.FromSeconds(1) && life <= EnrolmentToken.LongestLife)
                {
                    return life;
                }

                result.AddError($"'{result.Tokens[0].Value}' is not a duration from 1s to 90d, such as 24h");
                return default;
            },
        };
        var replace = new Option<bool>("--replace")
        {
            Description = "the machine takes the place of another: the identity that the node has is revoked when the token is used",
        };
        var output = Outputs.Option();
        var reach = new ControlPlaneOptions();
        var command = new Command("create", "Make a token for one node; it is shown once") { name, expires, replace, output };
        reach.AddTo(command);
        command.SetAction((parsed, cancellationToken) => reach.WithClientAsync(parsed, async client =>
        {
            var answer = await client.CreateEnrolmentAsync(
                parsed.GetRequiredValue(name), parsed.GetValue(expires), parsed.GetValue(replace), cancellationToken);
            if (answer is not ApiAnswer<NewEnrolmentDocument>.Ok(var made))
            {
                return Problems.Print(answer);
            }

            Print(parsed.GetValue(output), made);
            return ExitCode.Done;
        }));
        return command;
    }

    private static Command List()
    {
        var output = Outputs.Option();
        var reach = new ControlPlaneOptions();
        var command = new Command("list", "Show the tokens there are and what became of them") { output };
        reach.AddTo(command);
        command.SetAction((parsed, cancellationToken) => reach.WithClientAsync(parsed, async client =>
        {
            var answer = await client.GetEnrolmentsAsync(cancellationToken);
            if (answer is not ApiAnswer<EnrolmentPage>.Ok(var page))
            {
                return Problems.Print(answer);
            }

            if (parsed.GetValue(output) is var format and not OutputFormat.Table)
            {
                format.Write(JsonSerializer.SerializeToElement(page, ApiJson.Default.EnrolmentPage));
                return ExitCode.Done;
            }

            var table = new Table().Border(TableBorder.Simple).AddColumns("id", "node", "state", "expires", "made by");
            foreach (var token in page.Enrolments)
            {
                table.AddRow(
                    new Text(token.Id), new Text(token.Node), new Text(token.Replaces ? $"{token.State}, replaces" : token.State),
                    new Text(Time(token.ExpiresAt)), new Text(token.Origin));
            }

            Terminal.Out.Write(table);
            return ExitCode.Done;
        }));
        return command;
    }

    private static Command Revoke()
    {
        var id = new Argument<string>("id") { Description = "the token, as 'gitops enroll list' calls it" };
        var reach = new ControlPlaneOptions();
        var command = new Command("revoke", "End a token that was not used; what was enrolled with one is not touched") { id };
        reach.AddTo(command);
        command.SetAction((parsed, cancellationToken) => reach.WithClientAsync(parsed, async client =>
        {
            var answer = await client.RevokeEnrolmentAsync(parsed.GetRequiredValue(id), cancellationToken);
            if (answer is not ApiAnswer<EnrolmentDocument>.Ok(var token))
            {
                return Problems.Print(answer);
            }

            Terminal.Out.MarkupLineInterpolated($"the token [green]{token.Id}[/] for {token.Node} is revoked");
            return ExitCode.Done;
        }));
        return command;
    }

    private static void Print(OutputFormat format, NewEnrolmentDocument made)
    {
        if (format != OutputFormat.Table)
        {
            format.Write(JsonSerializer.SerializeToElement(made, ApiJson.Default.NewEnrolmentDocument));
            return;
        }

        // Plain lines: a wrapped token or command cannot be copied.
        Console.Out.WriteLine($"{made.Enrolment.Node}: token {made.Enrolment.Id}, good once until {Time(made.Enrolment.ExpiresAt)}");
        Console.Out.WriteLine($"  {made.Token}");
        Console.Out.WriteLine("put it into a file on the machine, mode 0600, and there:");
        Console.Out.WriteLine($"  gitops-agent enroll --url {made.Server} --ca-sha256 {made.AuthoritySha256} --token-file FILE");
    }

    private static string Time(DateTimeOffset time) => time.ToString("u", CultureInfo.InvariantCulture);
}

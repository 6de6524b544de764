using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using GitOps.Cli.Output;
using GitOps.ControlPlane.Api;
using GitOps.Manifests.Shapes;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops devices values DEVICE PROPERTY</c>: what a device said over time, as far as it goes up.</summary>
internal static class ValuesCommand
{
    public static Command Create()
    {
        var device = new Argument<string>("device") { Description = "the device, as its Device is called" };
        var property = new Argument<string>("property") { Description = "one of its properties that has 'upstream'" };
        var from = Moment("--from", "not before this: a time, or how long ago, like 2h");
        var to = Moment("--to", "before this: a time, or how long ago [now]");
        var limit = new Option<int>("--limit", "-n")
        {
            Description = string.Create(CultureInfo.InvariantCulture, $"how many, the newest, at most {ValueQuery.MaxLimit}"),
            HelpName = "count",
            DefaultValueFactory = _ => 50,
        };
        limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > ValueQuery.MaxLimit)
            {
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"--limit is a number from 1 to {ValueQuery.MaxLimit}"));
            }
        });
        var output = Outputs.Option(more: OutputFormat.Csv);
        var reach = new ControlPlaneOptions();
        var command = new Command("values", "Show what a device said over time: values, and minimum, maximum and mean of intervals")
        {
            device, property, from, to, limit, output,
        };
        reach.AddTo(command);
        command.SetAction((parsed, cancellationToken) => reach.WithClientAsync(parsed, async client =>
        {
            var query = new ValueQuery
            {
                Property = parsed.GetRequiredValue(property),
                From = parsed.GetValue(from),
                To = parsed.GetValue(to),
                Limit = parsed.GetValue(limit),
            };
            var answer = await client.GetValuesAsync(parsed.GetRequiredValue(device), query, cancellationToken);
            if (answer is not ApiAnswer<ValuePage>.Ok(var page))
            {
                return Problems.Print(answer);
            }

            Print(page, parsed.GetValue(output));
            return ExitCode.Done;
        }));
        return command;
    }

    private static void Print(ValuePage page, OutputFormat format)
    {
        switch (format)
        {
            case OutputFormat.Table:
                Terminal.Out.Write(ValuesView.Table(page));
                break;
            case OutputFormat.Csv:
                Console.Out.Write(ValuesView.Csv(page));
                break;
            default:
                format.Write(JsonSerializer.SerializeToElement(page, ApiJson.Default.ValuePage));
                break;
        }
    }

    private static Option<DateTimeOffset?> Moment(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "time",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (Quantities.TryParseDuration(text, out var ago))
            {
                return TimeProvider.System.GetUtcNow() - ago;
            }

            if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            {
                return time;
            }

            result.AddError($"'{text}' is no time like 2026-11-24T10:00:00Z, and not how long ago, like 90m or 2d");
            return null;
        },
    };
}

using System.CommandLine;
using System.Text.Json;
using GitOps.Cli.Output;
using Spectre.Console;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops config</c>: the settings that would hold, each with where it comes from; secrets masked.</summary>
internal static class ConfigCommand
{
    public static Command Create()
    {
        var options = new SettingOptions();
        var output = Outputs.Option();
        var command = new Command("config", "Print the effective settings of 'gitops serve' and where each comes from") { output };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            if (options.Read(parsed) is not { } settings)
            {
                return ExitCode.Usage;
            }

            if (parsed.GetValue(output) is var format && format != OutputFormat.Table)
            {
                format.Write(JsonDocuments.Write(writer => Write(writer, settings)));
                return ExitCode.Done;
            }

            var table = new Table().Border(TableBorder.Simple).AddColumns("setting", "value", "from");
            foreach (var setting in settings.Effective)
            {
                table.AddRow(new Text(setting.Name), new Text(setting.Value ?? ""), new Text(setting.Source));
            }

            Terminal.Out.Write(table);
            return ExitCode.Done;
        });
        return command;
    }

    private static void Write(Utf8JsonWriter writer, ControlPlane.Hosting.ControlPlaneSettings settings)
    {
        writer.WriteStartObject();
        foreach (var setting in settings.Effective)
        {
            writer.WriteStartObject(setting.Name);
            writer.WriteString("value", setting.Value);
            writer.WriteString("from", setting.Source);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}

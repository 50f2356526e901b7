output "alarm_name" {
  description = "The alarm of messages that were given up."
  value       = aws_cloudwatch_metric_alarm.failed.alarm_name
}

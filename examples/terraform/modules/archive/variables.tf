variable "name" {
  description = "The queue's name."
  type        = string
}

variable "topic_arn" {
  description = "The topic that the queue listens to."
  type        = string
}
